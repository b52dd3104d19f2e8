import { z } from '@hono/zod-openapi'
import { type BackendRecord, keyOf } from '../shared/backends/backend-record.ts'
import type { BackendDid } from '../shared/backends/backends.ts'
import { ANY_HOST } from '../shared/backends/places.ts'
import type { Conflict } from '../shared/backends/who-wins.ts'
import { verifyOf } from '../shared/domain/backend-rules.ts'
import { Hsts, RedirectToHttps } from '../shared/domain/options/https.ts'
import type { Target } from '../shared/domain/route-record.ts'
import { bracketed } from '../shared/domain/target-host.ts'
import { backendRouteId } from '../shared/gateway/backend-routes.ts'
import type { Gateway } from '../shared/gateway/gateway.ts'
import type { ServerTraffic } from '../shared/gateway/node-traffic.ts'
import type { BackendState } from '../shared/gateway/states.ts'
import { Applied, Status } from './route-answer.ts'

const Check = z.union([
  z.boolean(),
  z.strictObject({
    path: z.string(),
    intervalSeconds: z.int(),
    rise: z.int(),
    fall: z.int(),
    expectStatus: z.int().nullable(),
  }),
])

const Seen = z.strictObject({
  node: z.string().openapi({ example: 'local' }),
  status: z.string().openapi({ description: 'HAProxy’s word', example: 'UP' }),
  check: z.string().nullable().openapi({ description: 'What the last check came to', example: 'L4OK' }),
  current: z.int().openapi({ description: 'Sessions at the moment' }),
})

const ServerInfo = z
  .strictObject({
    name: z.string().openapi({ example: 'srv1' }),
    address: z.string().openapi({ example: '203.0.113.7' }),
    resolved: z.string().openapi({ description: 'The address that its name stands for at the moment' }),
    port: z.int(),
    weight: z.int(),
    tls: z.boolean(),
    tlsVerify: z.enum(['none', 'system']),
    protocol: z.enum(['http1', 'h2', 'h2c', 'auto']),
    check: Check,
    backup: z.boolean(),
    state: z.enum(['ready', 'drain', 'maint']),
    seen: z.array(Seen).openapi({ description: 'How each node sees it, once the backend stands there' }),
  })
  .openapi('BackendServerInfo')

const ConflictInfo = z
  .strictObject({
    over: z.enum(['name', 'place']),
    host: z.string().optional().openapi({ description: 'Of the place; * is any host that nobody has' }),
    pathPrefix: z.string().nullable().optional(),
    with: z.string().openapi({ description: 'Who has it: provider/name, or an agent', example: 'docker/api-backend' }),
  })
  .openapi('BackendConflict', { description: 'It gets it as soon as the other one lets go' })

export const BackendInfo = z
  .strictObject({
    provider: z.string().openapi({ description: 'Who told of it; api: put by hand', example: 'api' }),
    name: z.string().openapi({ example: 'api-backend' }),
    id: z
      .string()
      .openapi({ description: 'Its traffic and its log lines are found by this', example: 'backend:api-backend' }),
    hosts: z.array(z.string()),
    pathPrefixes: z.array(z.string().nullable()),
    default: z.boolean(),
    balance: z.enum(['roundrobin', 'leastconn', 'source', 'random']),
    redirectToHttps: RedirectToHttps.optional(),
    hsts: Hsts.optional(),
    servers: z.array(ServerInfo),
    status: Status,
    reason: z
      .string()
      .optional()
      .openapi({ description: 'Why it failed, in HAProxy’s words; or that nothing leads to it' }),
    conflicts: z.array(ConflictInfo),
    revision: z.int().openapi({ description: 'Counts the changes' }),
    createdAt: z.string(),
    updatedAt: z.string(),
    changedBy: z.string().openapi({ example: 'admin the first admin token' }),
  })
  .openapi('BackendInfo')
export type BackendInfo = z.infer<typeof BackendInfo>

export const OneBackend = z.strictObject({ success: z.literal(true), backend: BackendInfo }).openapi('OneBackend')
export const BackendPage = z
  .strictObject({ success: z.literal(true), backends: z.array(BackendInfo), cursor: z.string().nullable() })
  .openapi('BackendPage')
export const BackendPutAnswer = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    backend: BackendInfo,
    status: Status,
    applied: Applied,
  })
  .openapi('BackendPutAnswer')

const UNKNOWN: BackendState = { status: 'pending', reason: null, conflicts: [], servers: [] }

/** As the gateway knows them at the moment, all asked at once. */
export async function backendAnswers(records: BackendRecord[], gateway: Gateway): Promise<BackendInfo[]> {
  const states = await gateway.backends(records.map(keyOf))
  return records.map((record, i) => backendAnswer(record, states[i] ?? UNKNOWN))
}

export async function backendAnswerOf(record: BackendRecord, gateway: Gateway): Promise<BackendInfo> {
  const [answer] = await backendAnswers([record], gateway)
  return answer ?? backendAnswer(record, UNKNOWN)
}

/** What nobody has asked the gateway about. */
export const acceptedBackend = (record: BackendRecord): BackendInfo => backendAnswer(record, UNKNOWN)

function backendAnswer(record: BackendRecord, { status, reason, conflicts, servers: seen }: BackendState): BackendInfo {
  const { provider, backend, targets, revision, createdAt, updatedAt, changedBy } = record
  const { name, hosts, pathPrefixes, balance, redirectToHttps, hsts } = backend
  const servers = backend.servers.map((server, i): BackendInfo['servers'][number] => {
    const { address, port, weight, tls, protocol, check, backup, state } = server
    const target = targets[i]
    return {
      ...{ name: server.name, address, resolved: target?.address ?? address, port, weight, tls },
      ...{ tlsVerify: verifyOf(server), protocol, check, backup, state },
      seen: seen.filter((each) => target && isOf(each, target)).map(seenAnswer),
    }
  })
  return {
    ...{ provider, name, id: backendRouteId(name), hosts, pathPrefixes, default: backend.default, balance, servers },
    ...(redirectToHttps !== undefined && { redirectToHttps }),
    ...(hsts !== undefined && { hsts }),
    ...{ status, ...(reason !== null && { reason }), conflicts: conflicts.map(conflictAnswer) },
    ...{ revision, createdAt, updatedAt, changedBy },
  }
}

/** HAProxy's servers are known by where they are: one that has moved goes on for a while where it was. */
const isOf = ({ address, name }: ServerTraffic, target: Target): boolean =>
  name.split(':')[0] === target.name && (address === null || address === `${bracketed(target.address)}:${target.port}`)

const seenAnswer = ({ node, status, check, current }: ServerTraffic) => ({ node, status, check, current })

function conflictAnswer({ over, with: holder }: Conflict): z.infer<typeof ConflictInfo> {
  const other = holder === 'agent' ? 'an agent' : `${holder.provider}/${holder.name}`
  return over === 'name' ? { over, with: other } : { over: 'place', ...over, with: other }
}

export function backendMessage({ name, status, reason, servers, conflicts }: BackendInfo, did: BackendDid): string {
  const done = { created: 'is set up', changed: 'is changed', unchanged: 'is as it was' }[did]
  const [first] = conflicts
  const what = `The backend ${name} ${done}`
  if (first) return `${what}, but ${first.with} has ${conflictText(first)}`
  if (servers.length === 0) return `${what}, and has no servers: whoever asks gets 503`
  if (status === 'pending' && reason !== undefined) return `${what}, but ${reason}`
  return status === 'pending' && did !== 'unchanged' ? `${what} and waits for a data plane` : what
}

const conflictText = ({ over, host, pathPrefix }: z.infer<typeof ConflictInfo>): string =>
  over === 'name' ? 'its name' : `${host === ANY_HOST ? 'the requests for any host' : host}${pathPrefix ?? ''}`
