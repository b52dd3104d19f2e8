import { type ErrorCode, STATUS } from '../../shared/errors.ts'
import type { App } from '../app-env.ts'
import { isTooLargeToKeep } from '../streamed-bodies.ts'
import { CALLS } from './calls/index.ts'
import { DESCRIPTION, TAGS } from './description.ts'
import {
  BODY_FAILURES,
  failureResponse,
  HEADERS,
  headersOf,
  IDEMPOTENCY_KEY,
  KEPT_FAILURES,
  OTHER_FAILURES,
  WRITE_FAILURES,
} from './failures.ts'

type Document = ReturnType<App['getOpenAPI31Document']>
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>
type Responses = NonNullable<Operation['responses']>

const WRITES = ['post', 'put', 'patch', 'delete']

/** The OpenAPI document of all routes that are declared. */
export function describeApi(app: App, version: string): Document {
  const info = { title: 'CloudLunacy Front Server', version, description: DESCRIPTION }
  const document = app.getOpenAPI31Document({ openapi: '3.1.0', info, tags: TAGS })
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) {
      say(`${method.toUpperCase()} ${path}`, operation)
      complete(method, path, operation)
    }
  }
  return { ...document, components: { ...document.components, headers: HEADERS } as Document['components'] }
}

/** The call's name, its description, and bodies to try. */
function say(call: string, operation: Operation): void {
  const { id, description, examples } = CALLS[call] ?? {}
  if (id !== undefined) operation.operationId = id
  if (description !== undefined) operation.description = description
  const { requestBody } = operation
  const json = requestBody && 'content' in requestBody ? requestBody.content['application/json'] : undefined
  if (json && examples) json.examples = examples
  for (const parameter of operation.parameters ?? []) if ('in' in parameter) explain(parameter)
}

/**
 * The docs page fills in examples. Of what may be left out they would be sent, and be wrong, or hide what one looks for:
 * so they are told in words.
 */
function explain(parameter: { in: string; required?: boolean; description?: string; schema?: object }): void {
  const {
    example,
    description = '',
    ...schema
  } = { ...(parameter.schema as { example?: unknown; description?: string }) }
  if (parameter.required || example === undefined) return
  parameter.description = `${description}${description && '. '}For instance: \`${example}\``
  parameter.schema = schema
}

/** What holds for every call and is not said with each. */
function complete(method: string, path: string, operation: Operation): void {
  const { responses = {} } = operation
  for (const response of Object.values<Responses[string]>(responses)) {
    response.headers = { ...response.headers, ...headersOf('X-Request-Id') }
  }
  const declared = Object.values<Responses[string]>(responses).flatMap((response) => response['x-codes'] ?? [])
  const isWrite = WRITES.includes(method)
  const isKept = isWrite && !isTooLargeToKeep(path)
  const codes: ErrorCode[] = [
    ...declared,
    ...(isWrite ? [...BODY_FAILURES, ...WRITE_FAILURES] : []),
    ...(isKept ? KEPT_FAILURES : []),
  ]
  if (isKept) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY]
  if (operation.parameters?.length || operation.requestBody) codes.push('INVALID_INPUT')
  operation.responses = { ...responses, ...failuresOf(codes) }
}

/** By status; in `default` what any call may answer, with the status of its own. */
function failuresOf(codes: ErrorCode[]): Responses {
  const byStatus = Map.groupBy(new Set(codes), (code) => STATUS[code])
  const known = [...byStatus].map(([status, same]) => {
    const others = OTHER_FAILURES.filter((code) => STATUS[code] === status && !same.includes(code))
    return [status, failureResponse(same.join(', '), [...same, ...others])]
  })
  return { ...Object.fromEntries(known), default: failureResponse('Any other failure', OTHER_FAILURES) }
}
