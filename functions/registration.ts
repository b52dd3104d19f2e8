import { createRoute, z } from '@hono/zod-openapi'
import { AgentId, AgentKey, AgentName, IpAddress } from '../shared/domain/agent.ts'
import { HttpRouteFields, MongodbRouteFields } from '../shared/domain/route-input.ts'
import type { AgentRecord } from '../shared/identity/agent-record.ts'
import { assertActive } from '../shared/identity/standing.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { enroll } from './enroll.ts'
import { failures } from './openapi.ts'
import { currentAnswers, RouteInfo, routeAnswer } from './route-answer.ts'
import { body, ok } from './schemas.ts'
import { TokenFields, tokenAnswer } from './token-answer.ts'

const MOST_ROUTES = 1_000
const NewRoute = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('http'), ...HttpRouteFields }),
  z.strictObject({ type: z.literal('mongodb'), ...MongodbRouteFields }),
])

const Registration = z
  .strictObject({
    agentId: AgentId,
    agentKey: AgentKey.meta({ description: 'The agent’s own secret', example: 'a-long-secret-of-its-own' }),
    agentName: AgentName.optional().meta({ example: 'The shop’s server' }),
    targetIp: IpAddress.meta({ description: 'Where the front reaches the agent', example: '203.0.113.7' }),
    enrollmentToken: z
      .string()
      .max(512)
      .optional()
      .openapi({ description: 'Or as bearer; not needed to register again' }),
    routes: z
      .array(NewRoute)
      .max(MOST_ROUTES, `must be at most ${MOST_ROUTES}: send more with /api/proxy/bulk`)
      .optional()
      .openapi({ description: 'Made in the same commit' }),
  })
  .openapi('Registration')

const Registered = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    agentId: z.string(),
    ...TokenFields,
    appsDomain: z.string().openapi({ description: 'Apps are at `{subdomain}.` of it', example: 'apps.example.com' }),
    mongodbDomain: z.string().openapi({
      description: 'The agent’s database is there, others at `{name}.` of it',
      example: 'vps-1.mongodb.example.com',
    }),
    ca: z.string().openapi({ description: 'The CAs to trust, as PEM' }),
    routes: z.array(RouteInfo),
  })
  .openapi('Registered')

const KeyLogin = z.strictObject({ agentId: z.string().max(63), agentKey: z.string().max(256) }).openapi('KeyLogin')
const Token = z.strictObject({ success: z.literal(true), ...TokenFields }).openapi('Token')

/** How an agent becomes known, and shows later that it is the same. */
export function registrationRoutes(
  app: App,
  { settings, services, access, clientAddress, idempotent, writeLimit, isOpenTo }: Deps,
): void {
  const newToken = (agent: AgentRecord) => tokenAnswer(services, agent)
  const register = createRoute({
    ...access('everybody'),
    middleware: [idempotent],
    method: 'post',
    path: '/api/agents/register',
    tags: ['Agents'],
    summary: 'Register an agent, or update it with its own key',
    request: body(Registration),
    responses: {
      201: ok('Registered', Registered),
      200: ok('It was registered with this key before; its fields are updated', Registered),
      ...failures(
        'INVALID_INPUT',
        'UNAUTHORIZED',
        'FORBIDDEN',
        'AGENT_SUSPENDED',
        'AGENT_EXISTS',
        'NAME_RELEASED',
        'TARGET_REFUSED',
        'HOST_TAKEN',
        'TOO_MANY_ROUTES',
        'REJECTED_BY_HAPROXY',
        'RESOLVER_UNAVAILABLE',
        'TOO_MANY_REQUESTS',
      ),
    },
  })
  app.openapi(register, async (c) => {
    const { agentId, agentKey, agentName, targetIp, enrollmentToken, routes = [] } = c.req.valid('json')
    const address = clientAddress(c)
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const actor = { ...actorOf(c, address), name: `agent ${agentId}` }
    const owned = routes.map((route) => ({ ...route, agentId }))
    const registering = owned.length > 0 ? services.routes.registering(owned, actor) : undefined
    const { agent, isNew, revision } = await enroll(
      services,
      {
        agentId,
        agentKey,
        agentName,
        targetIp,
        enrollmentToken: enrollmentToken ?? bearer,
        address,
        // What a node lets in from elsewhere is not this machine.
        isOpen: isOpenTo(c) && !(await services.nodes.any()),
        writeLimit,
        also: registering?.part,
      },
      actorOf(c, address),
    )
    const made = revision === null ? undefined : await registering?.committed(revision)
    const [put, outcome] = [(made?.puts ?? []).map(({ route }) => route), made?.outcome]
    const registered: z.infer<typeof Registered> = {
      success: true,
      message: isNew ? `Agent ${agentId} is registered` : `Agent ${agentId} is updated`,
      agentId,
      ...(await newToken(agent)),
      appsDomain: settings.appsDomain,
      mongodbDomain: `${agentId}.${settings.mongodbDomain}`,
      ca: await services.certificates.bundle(),
      routes: outcome ? put.map((route) => routeAnswer(route, outcome)) : await currentAnswers(put, services),
    }
    return json(c, registered, isNew ? 201 : 200)
  })

  const authenticate = createRoute({
    ...access('everybody'),
    middleware: [idempotent],
    method: 'post',
    path: '/api/agents/authenticate',
    tags: ['Agents'],
    summary: 'A new token for an agent’s key',
    request: body(KeyLogin),
    responses: {
      200: ok('A token', Token),
      ...failures('INVALID_INPUT', 'INVALID_CREDENTIALS', 'AGENT_SUSPENDED', 'TOO_MANY_REQUESTS'),
    },
  })
  app.openapi(authenticate, async (c) => {
    const agent = await services.logins.check({ ...c.req.valid('json'), address: clientAddress(c) })
    assertActive(agent)
    return json(c, { success: true as const, ...(await newToken(agent)) }, 200)
  })

  app.get('/.well-known/jwks.json', async (c) =>
    json(c, await services.signingKeys.jwks(), 200, { 'cache-control': 'public, max-age=60' }),
  )
}
