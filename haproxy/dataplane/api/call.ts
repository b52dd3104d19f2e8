import { ApiError } from '../api-error.ts'

/** Larger than any configuration that HAProxy loads in reasonable time. */
const LARGEST_BODY_BYTES = 128 * 2 ** 20

/** A request, read as the Data Plane API reads one. */
export interface Call {
  request: Request
  path: string
  params: Readonly<Record<string, string>>
  query: URLSearchParams
}

export interface Answer {
  status: number
  /** As JSON; none: an empty body. */
  json?: unknown
  /** Instead of JSON. */
  text?: string | Uint8Array<ArrayBuffer>
  contentType?: string
  headers?: Record<string, string>
}

type Handler = (call: Call) => Answer | Promise<Answer>

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Route {
  method: Method
  /** Below /v3; `{name}` stands for one segment. */
  path: string
  consumes?: 'application/json' | 'text/plain' | 'multipart/form-data'
  /** Given when it is no JSON: then any Accept will do. */
  produces?: 'text'
  handle: Handler
}

export const ok = (json: unknown): Answer => ({ status: 200, json })
export const noContent: Answer = { status: 204 }

export function param({ params }: Call, name: string): string {
  return params[name] ?? ''
}

export function booleanQuery({ query }: Call, name: string): boolean {
  const text = query.get(name)
  if (text === null || text === '') return false
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false
  throw new ApiError(400, invalidFormat(name, 'ParseBool', text))
}

export function integerQuery({ query }: Call, name: string): number | null {
  const text = query.get(name)
  if (text === null || text === '') return null
  if (!/^-?\d{1,15}$/.test(text)) throw new ApiError(400, invalidFormat(name, 'ParseInt', text))
  return Number(text)
}

const invalidFormat = (name: string, parser: string, text: string) =>
  `Invalid format for parameter ${name}: error binding string parameter: strconv.${parser}: parsing ${JSON.stringify(text)}: invalid syntax`

export function enumQuery({ query }: Call, name: string, allowed: readonly string[]): string | null {
  const text = query.get(name)
  if (text === null) return null
  if (allowed.includes(text)) return text
  throw new ApiError(400, `${name} in query: value is not one of the allowed values ${JSON.stringify(allowed)}`)
}

export async function textBody({ request }: Call): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > LARGEST_BODY_BYTES) throw tooLarge()
  const text = await request.text()
  if (text.length > LARGEST_BODY_BYTES) throw tooLarge()
  return text
}

const tooLarge = () => new ApiError(413, `the body is larger than ${LARGEST_BODY_BYTES} bytes`)

async function jsonBody(call: Call): Promise<unknown> {
  const text = await textBody(call)
  if (text.trim() === '') throw new ApiError(400, 'value is required but missing')
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, 'failed to decode request body: it is no valid JSON')
  }
}

export async function objectBody(call: Call): Promise<Record<string, unknown>> {
  const body = await jsonBody(call)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new ApiError(422, 'value must be an object')
}

export async function listBody(call: Call): Promise<unknown[]> {
  const body = await jsonBody(call)
  if (Array.isArray(body)) return body
  throw new ApiError(422, 'value must be an array')
}

/** The file of an upload. */
export async function uploadedFile({ request }: Call): Promise<{ name: string; content: Uint8Array<ArrayBuffer> }> {
  const file = (await request.formData().catch(() => null))?.get('file_upload')
  if (!(file instanceof File)) throw new ApiError(400, 'http: no such file')
  return { name: file.name, content: new Uint8Array(await file.arrayBuffer()) }
}
