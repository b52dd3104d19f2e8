import { createRoute, z } from '@hono/zod-openapi'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import type { App } from './app-env.ts'
import { CertificateFiles, filesAnswer } from './certificate-answers.ts'
import type { Deps } from './deps.ts'
import { conditionalRead, okTagged, tagged } from './etag.ts'
import { connectionString } from './mongodb-answer.ts'
import { currentAnswers, RouteInfo } from './route-answer.ts'
import { AgentPath } from './schemas.ts'

const API_VERSION = '1'

const AgentConfig = z
  .strictObject({
    success: z.literal(true),
    agentId: z.string(),
    certificates: CertificateFiles,
    mongodb: z.strictObject({
      domain: z.string().openapi({ example: 'vps-1.mongodb.example.com' }),
      port: z.int(),
      connectionString: z.string().openapi({ description: 'For clients, who keep the CAs in ca.pem' }),
    }),
    routes: z.array(RouteInfo),
    apiVersion: z.string(),
  })
  .openapi('AgentConfig')

/** All that an agent needs to do its part. Asked again from time to time, it brings renewed certificates. */
export function agentConfigRoutes(app: App, { services, settings, access, clientAddress }: Deps): void {
  const { certificates, routes } = services
  const read = createRoute({
    ...access('administrators and the agent itself'),
    method: 'get',
    path: '/api/config/{agentId}',
    tags: ['Agents'],
    summary: 'The agent’s certificates and settings',
    request: { params: AgentPath, ...conditionalRead },
    responses: {
      ...okTagged('They', AgentConfig),
      ...guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(read, async (c) => {
    const { agentId } = c.req.valid('param')
    const held = await certificates.certificateOf(agentId, actorOf(c, clientAddress(c)))
    const config: z.infer<typeof AgentConfig> = {
      success: true,
      agentId,
      certificates: filesAnswer(await certificates.bundle(), held),
      mongodb: mongodbOf(`${agentId}.${settings.mongodbDomain}`, settings.mongoPort),
      routes: await currentAnswers(await routes.ofAgent(agentId), services),
      apiVersion: API_VERSION,
    }
    return tagged(c, config, '')
  })
}

function mongodbOf(domain: string, port: number) {
  return { domain, port, connectionString: connectionString(domain, port) }
}
