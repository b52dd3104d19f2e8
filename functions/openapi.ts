import { type ErrorCode, STATUS } from '../shared/errors.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import { ErrorAnswer } from './errors.ts'

const DESCRIPTION = `Agents register, then ask for routes: web apps by host name, MongoDB by TLS server name.

Every answer is JSON with \`success\`; a failure carries a sentence for a person (\`error\`) and a stable \`code\`.`

/** The failures that a call may answer with, by their codes. */
export function failures(...codes: ErrorCode[]): Record<number, FailureResponse> {
  const byStatus = Map.groupBy(codes, (code) => STATUS[code])
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      { description: same.join(', '), content: { 'application/json': { schema: ErrorAnswer } } },
    ]),
  )
}

interface FailureResponse {
  description: string
  content: { 'application/json': { schema: typeof ErrorAnswer } }
}

/** What any call may answer besides what it declares: a body too large, a store that does not answer. */
const ANY_OTHER_FAILURE = {
  description: 'Any other failure',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
}

/** Made once, when it is asked for first: then all routes are declared. */
export function openapiDocument(app: App, version: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An agent’s token, or an administrator’s',
  })
  const info = { title: 'CloudLunacy Front Server', version, description: DESCRIPTION }
  const describe = () => {
    const document = app.getOpenAPI31Document({ openapi: '3.1.0', info })
    for (const methods of Object.values(document.paths ?? {})) {
      for (const operation of Object.values(methods)) operation.responses.default ??= ANY_OTHER_FAILURE
    }
    return document
  }
  let document: ReturnType<typeof describe> | undefined
  app.get('/api/openapi.json', (c) => {
    document ??= describe()
    return json(c, document, 200)
  })
}
