import { keyOf, nameOf, type Schema, typeOf } from './schema-type.ts'

interface Operation {
  operationId: string
  summary: string
  parameters?: { in: string; name: string; required?: boolean; schema: Schema; description?: string }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema & { allOf?: Schema[] } }> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const HEAD = `// Made from the document that the front serves: npm run client-types

`
const NOTHING = `export type Nothing = Record<string, never>

`
const PLACES = { path: 'path', query: 'query', header: 'headers' }

export interface Chosen {
  /** By their names; all calls if not given. */
  calls?: readonly string[]
  /** Schemas that are wanted beside those of the calls. */
  schemas?: readonly string[]
}

/** TypeScript for calls of the document: what each takes, what each answers, and where it is. */
export function clientTypes({ paths, components }: Document, chosen: Chosen = {}): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path }))
      .filter((operation) => !isStream(operation))
      .filter(({ operationId }) => chosen.calls?.includes(operationId) ?? true),
  )
  const needed = chosen.calls && namesIn([operations, chosen.schemas?.map(reference)], components.schemas)
  const schemas = Object.entries(components.schemas)
    .filter(([name]) => needed?.has(name) ?? true)
    .map(([name, schema]) => `${comment(schema.description)}export type ${nameOf(name)} = ${typeOf(schema)}\n\n`)
  const calls = operations.map((operation) => {
    const { summary, operationId } = operation
    return `  /** ${summary} */\n  ${operationId}: {\n    takes: ${takenBy(operation)}\n    gives: ${givenBy(operation)}\n  }\n`
  })
  const places = operations.map(
    ({ operationId, method, path }) => `  ${operationId}: { method: '${method}', path: '${path}' },\n`,
  )
  const codes = [...new Set(operations.flatMap(codesOf))].sort()
  return [
    HEAD,
    ...schemas,
    `export interface Calls {\n${calls.join('')}}\n\n`,
    NOTHING,
    `export type ErrorCode =\n${codes.map((code) => `  | '${code}'\n`).join('')}\n`,
    `export const PLACES: { readonly [call in keyof Calls]: { method: string; path: string } } = {\n${places.join('')}}\n`,
  ].join('')
}

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** The schemas that something refers to, and those that these refer to. */
function namesIn(value: unknown, all: Record<string, Schema>, found = new Set<string>()): Set<string> {
  for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (found.has(name)) continue
    found.add(name)
    namesIn(all[name], all, found)
  }
  return found
}

/** It does not end by itself: nothing that a function could give. */
const isStream = ({ responses }: Operation): boolean =>
  Object.keys(responses[200]?.content ?? {}).join() === 'text/event-stream'

const comment = (text: string | undefined): string => (text ? `/** ${text.replaceAll('*/', '* /')} */\n` : '')

function takenBy({ parameters = [], requestBody }: Operation): string {
  const places = Object.entries(PLACES).flatMap(([place, name]) => {
    const own = parameters.filter((parameter) => parameter.in === place)
    if (own.length === 0) return []
    const fields = own.map(({ name, required, schema }) => `${keyOf(name)}${required ? '' : '?'}: ${typeOf(schema)}`)
    return `${name}${own.some(({ required }) => required) ? '' : '?'}: { ${fields.join('; ')} }`
  })
  const schema = requestBody?.content['application/json']?.schema
  if (schema) places.push(`body${requestBody?.required ? '' : '?'}: ${typeOf(schema, '    ')}`)
  return places.length === 0 ? 'Nothing' : `{ ${places.join('; ')} }`
}

/** What is not JSON is text here. */
function givenBy({ responses }: Operation): string {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content = {} }]) =>
      content['application/json'] ? typeOf(content['application/json'].schema, '    ') : 'string',
    )
  return [...new Set(types)].join(' | ')
}

const codesOf = ({ responses }: Operation): string[] =>
  Object.values(responses).flatMap(({ content }) =>
    (content?.['application/json']?.schema.allOf ?? []).flatMap(
      ({ properties }) => (properties?.code?.enum ?? []) as string[],
    ),
  )
