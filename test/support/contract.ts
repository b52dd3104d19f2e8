import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'

/** As much of an OpenAPI document as is looked at here. */
interface ApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, ApiResponse> }>>
  components: { headers: Record<string, { required?: boolean }> }
}

interface ApiResponse {
  content?: Record<string, unknown>
  headers?: Record<string, { $ref?: string; required?: boolean }>
}

interface Seen {
  method: string
  path: string
  status: number
  headers: Headers
  body: unknown
}

export interface Contract {
  /** What an answer says against the document; `null`: nothing, or the document does not know the path. */
  violation(seen: Seen): string | null
}

export const FORMATS = {
  binary: true,
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  ipv4: /^\d{1,3}(\.\d{1,3}){3}$/,
  ipv6: /^[0-9a-f:.]+$/i,
  uri: (text: string) => URL.canParse(text),
} as const

/** Holds answers against the OpenAPI document that was served with them. */
export function contractOf(document: ApiDocument): Contract {
  const operations = operationsOf(document)
  const validatorOf = validatorsOf(document)

  return {
    violation({ method: written, path, status, headers, body }) {
      const method = written.toLowerCase()
      const found = operations(method, path)
      if (!found || status === 405 || method === 'head') return null
      const { template, operation } = found
      if (!operation) return `answers ${status}, and is not in the document`
      const key = operation.responses[status] ? String(status) : 'default'
      const { content = {}, headers: declared = {} } = operation.responses[key] ?? {}
      const missing = requiredOf(document, declared).filter((name) => !headers.has(name))
      if (missing.length > 0) return `answers ${status} without ${missing.join(', ')}`
      const type = bare(headers.get('content-type') ?? '')
      const types = Object.keys(content)
      if (types.length === 0) return body === '' ? null : `answers ${status} with a body`
      if (!types.map(bare).includes(type)) return `answers ${status} as ${type}, not as ${types.join(' or ')}`
      if (type !== 'application/json') return null
      const wrong = validatorOf('paths', template, method, 'responses', key, 'content', type, 'schema')(body)
      return wrong && `answers ${status} with ${JSON.stringify(body)}: ${wrong}`
    },
  }
}

const bare = (type: string) => type.split(';')[0] ?? ''

/** What the document says of a call: of the fixed path rather than of one with parameters, where both fit. */
function operationsOf({ paths }: ApiDocument) {
  const templates = Object.keys(paths).map((template) => ({ template, pattern: patternOf(template) }))
  return (method: string, path: string) => {
    const { pathname } = new URL(path, 'http://front')
    const matching = templates.filter(({ template, pattern }) => template === pathname || pattern.test(pathname))
    matching.sort((a, b) => Number(b.template === pathname) - Number(a.template === pathname))
    const declared = matching.find(({ template }) => paths[template]?.[method]) ?? matching[0]
    return declared && { template: declared.template, operation: paths[declared.template]?.[method] }
  }
}

const patternOf = (template: string) => new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`)

const requiredOf = (document: ApiDocument, headers: NonNullable<ApiResponse['headers']>) =>
  Object.entries(headers)
    .filter(([name, { $ref, required }]) => ($ref ? document.components.headers[name]?.required : required))
    .map(([name]) => name)

/** Each schema is compiled when it is needed first. */
function validatorsOf(document: ApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: FORMATS })
  ajv.addSchema({ $id: 'api', ...document })
  const known = new Map<string, ValidateFunction>()
  return (...steps: string[]) => {
    const pointer = steps.map(escaped).join('/')
    const validate = known.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` })
    known.set(pointer, validate)
    return (value: unknown) => (validate(value) ? null : ajv.errorsText(validate.errors))
  }
}

const escaped = (step: string) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))
