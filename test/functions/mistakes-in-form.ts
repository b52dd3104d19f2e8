import { ENROLLMENT_TOKEN } from '../harness.ts'

/** A mistake that a tired person makes, and how it is told to them. */
export interface Mistake {
  name: string
  call: string
  body?: unknown
  /** As it is sent, where that is the mistake. */
  text?: string
  headers?: Record<string, string>
  /** Default: the administrator's. `null`: none. */
  token?: string | null
  status: number
  code: string
  says: RegExp
}

/** In what is read, and in how it is asked for. */
export const READS: Mistake[] = (
  [
    ['limit 0', 'GET /api/agents?limit=0', 400, 'INVALID_INPUT', /query\.limit: must be a whole number from 1/],
    ['a limit that is too large', 'GET /api/agents?limit=5000', 400, 'INVALID_INPUT', /from 1 to 1000|at most 1000/],
    ['a limit in words', 'GET /api/agents?limit=all', 400, 'INVALID_INPUT', /limit: must be a whole number/],
    ['pages by number', 'GET /api/proxy?page=2', 400, 'INVALID_INPUT', /unknown field "page"/],
    [
      'a cursor of one’s own',
      'GET /api/proxy?cursor=2',
      400,
      'INVALID_INPUT',
      /cursor: must be one that this list gave/,
    ],
    ['an agent that there is not', 'GET /api/agents/vps-9', 404, 'AGENT_NOT_FOUND', /no agent vps-9/],
    ['an agent in upper case', 'GET /api/agents/VPS-1', 400, 'INVALID_INPUT', /agentId: .*lower-case/],
    ['a route that there is not', 'GET /api/proxy/routes/shop', 404, 'ROUTE_NOT_FOUND', /no such route/],
    ['a node that there is not', 'POST /api/nodes/paris/reconcile', 404, 'NODE_NOT_FOUND', /no node/],
    ['a CA that there is not', 'GET /api/certificates/ca/root.pem', 404, 'CERTIFICATE_NOT_FOUND', /no such CA/],
    ['a path without api', 'GET /agents', 404, 'NOT_FOUND', /nothing at \/agents; \/api\/docs/],
    ['a singular', 'GET /api/agent/vps-1', 404, 'NOT_FOUND', /nothing at \/api\/agent\/vps-1/],
    ['a slash at the end', 'GET /api/agents/', 404, 'NOT_FOUND', /you may mean \/api\/agents$/],
    ['two slashes', 'GET /api//agents', 404, 'NOT_FOUND', /you may mean \/api\/agents$/],
    ['a version', 'GET /api/v1/agents', 404, 'NOT_FOUND', /\/api\/docs/],
    ['a GET of a write', 'GET /api/agents/register', 405, 'METHOD_NOT_ALLOWED', /takes POST/],
    ['a GET of another write', 'GET /api/certificates/ca/rotate', 405, 'METHOD_NOT_ALLOWED', /takes POST/],
    ['a PUT for a POST', 'PUT /api/proxy/http', 405, 'METHOD_NOT_ALLOWED', /takes POST/],
    ['a POST for a DELETE', 'POST /api/proxy', 405, 'METHOD_NOT_ALLOWED', /takes GET, DELETE|takes DELETE, GET/],
  ] as const
).map(([name, call, status, code, says]) => ({ name, call, status, code, says }))

const REGISTER = 'POST /api/agents/register'
const JSON_TYPE = { 'content-type': 'application/json' }

/** In the form of a request, and in who it says it is from. */
export const FORMS: Mistake[] = [
  ...(
    [
      ['single quotes', "{'agentId': 'vps-2'}", /not valid JSON/],
      ['names without quotes', '{agentId: "vps-2"}', /not valid JSON/],
      ['a comma too many', '{"agentId": "vps-2",}', /not valid JSON/],
      ['a comment', '{"agentId": "vps-2" // me\n}', /not valid JSON/],
      ['half a body', '{"agentId": "vps-2"', /not valid JSON/],
      ['a form', 'agentId=vps-2&agentKey=x', /not valid JSON/],
      ['a field twice', '{"agentId":"vps-2","agentId":"vps-3"}', /twice/],
      ['quotes of a word processor', '{“agentId”: “vps-2”}', /not valid JSON/],
      ['a shell variable that was empty', '{"agentId": , "agentKey": ""}', /not valid JSON/],
    ] as const
  ).map(([name, text, says]) => ({ name, call: REGISTER, text, status: 400, code: 'MALFORMED_JSON', says })),
  ...(
    [
      ['no content type', { 'content-type': '' }],
      ['that of a form, which curl sets', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['that of text', { 'content-type': 'text/plain' }],
    ] as const
  ).map(([name, headers]) => ({
    name,
    call: REGISTER,
    text: '{"agentId":"vps-2"}',
    headers,
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    says: /send it with "content-type: application\/json"/,
  })),
  ...(
    [
      ['an empty body', '', /body|agentId/],
      ['a list', '[]', /body: must be an object/],
      ['text', '"vps-2"', /body: must be an object/],
      ['null', 'null', /body: must be an object/],
    ] as const
  ).map(([name, text, says]) => ({
    name,
    call: REGISTER,
    text,
    headers: JSON_TYPE,
    status: 400,
    code: 'INVALID_INPUT',
    says,
  })),
  ...(
    [
      ['no credentials', null, /Credentials are missing: send "authorization: Bearer <token>"/],
      ['a token that nobody made', 'admin', /not known, or no longer valid/],
      ['the token with its quotes', '"the-admin-token-of-the-tests"', /not known, or no longer valid/],
      ['the enrolment token', ENROLLMENT_TOKEN, /not known, or no longer valid|enrolment/],
      ['half of a JWT', 'eyJhbGciOiJFUzI1NiJ9.e30', /not valid: authenticate again/],
    ] as const
  ).map(([name, token, says]) => ({ name, call: 'GET /api/agents', token, status: 401, code: 'UNAUTHORIZED', says })),
  ...(
    [
      ['the token alone', { authorization: 'the-admin-token-of-the-tests' }, /authorization: Bearer <token>/],
      ['Basic', { authorization: 'Basic YWRtaW46YWRtaW4=' }, /authorization: Bearer <token>/],
      ['Token', { authorization: 'Token abc' }, /authorization: Bearer <token>/],
      ['nothing behind Bearer', { authorization: 'Bearer ' }, /authorization: Bearer <token>/],
      ['another header', { 'x-api-key': 'the-admin-token-of-the-tests' }, /authorization: Bearer <token>/],
    ] as const
  ).map(([name, headers, says]) => ({
    name: `as credentials, ${name}`,
    call: 'GET /api/agents',
    token: null,
    headers,
    status: 401,
    code: 'UNAUTHORIZED',
    says,
  })),
]
