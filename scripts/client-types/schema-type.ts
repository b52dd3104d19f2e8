/** As much of JSON Schema as the document uses. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  description?: string
}

/** The TypeScript type of what a schema takes. */
export function typeOf(schema: Schema, indent = ''): string {
  if (schema.$ref) return nameOf(schema.$ref.split('/').at(-1) ?? '')
  if (schema.enum) return schema.enum.map(literal).join(' | ')
  if (schema.const !== undefined) return literal(schema.const)
  const { anyOf, oneOf, allOf } = schema
  const union = anyOf ?? oneOf
  if (union && !schema.properties) return joined(union, ' | ', indent)
  if (allOf) return joined(allOf, ' & ', indent)
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'unknown']
  return types.map((type) => plainType(type, schema, indent)).join(' | ')
}

const literal = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value))

/** `Error` is JavaScript's own. */
export const nameOf = (schema: string): string => (schema === 'Error' ? 'Failure' : schema)

export const keyOf = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`)

const joined = (schemas: Schema[], by: string, indent: string): string =>
  [...new Set(schemas.map((each) => grouped(typeOf(each, indent))))].join(by)

const grouped = (type: string): string => (/[|&]/.test(withoutInside(type)) ? `(${type})` : type)

/** What stands in braces is one thing already. */
function withoutInside(type: string): string {
  const inner = /\{[^{}]*\}/g
  let [before, after] = ['', type]
  while (after !== before) [before, after] = [after, after.replace(inner, '')]
  return after
}

function plainType(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case 'integer':
      return 'number'
    case 'array':
      return `${grouped(typeOf(schema.items ?? {}, indent))}[]`
    case 'object':
      return objectType(schema, indent)
    default:
      return type
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
  const names = Object.keys(properties)
  if (names.length === 0) {
    if (additionalProperties === false) return 'Record<string, never>'
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent) : 'unknown'}>`
  }
  const deeper = `${indent}  `
  const lines = Object.entries(properties).map(([name, property]) => {
    const comment = property.description ? `${deeper}/** ${property.description.replaceAll('*/', '* /')} */\n` : ''
    return `${comment}${deeper}${keyOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(property, deeper)}\n`
  })
  return `{\n${lines.join('')}${indent}}`
}
