import { ACME_NAMES, type NameRecord } from '../acme/records.ts'
import { isOverdue } from '../certificates/expiring.ts'
import type { EdgeRecord } from '../certificates/records.ts'
import { EDGE_CERTIFICATES, edgeKey } from '../certificates/store-keys.ts'
import { placeOf } from '../domain/route-rules.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { ProviderManager } from '../providers/manager.ts'
import { stapleOf } from '../stapling/next-record.ts'
import { STAPLES, type StapleRecord } from '../stapling/records.ts'

/** Something that is wrong at this moment. */
export type Condition = {
  kind:
    | 'node.unreachable'
    | 'route.failing'
    | 'certificate.expiring'
    | 'certificate.order-failing'
    | 'certificate.revoked'
    | 'certificate.unstapled'
    | 'provider.failing'
  subject: string
  reason: string
}

export interface Observed {
  kv: Kv
  gateway: Pick<Gateway, 'nodes' | 'routes' | 'status'>
  providers: Pick<ProviderManager, 'states'>
  now: () => number
}

/** The ones before are no news: name servers and ACME servers have bad moments. */
const FAILURES = 3

export async function observe(options: Observed): Promise<Condition[]> {
  const all = await Promise.all([
    nodes(options),
    routes(options),
    certificates(options),
    orders(options),
    staples(options),
    sources(options),
  ])
  return all.flat()
}

async function nodes({ gateway }: Observed): Promise<Condition[]> {
  const down = (await gateway.nodes()).filter(({ reachable }) => !reachable)
  return down.map(({ name, lastError }) => {
    return { kind: 'node.unreachable', subject: name, reason: lastError ?? 'It does not answer' }
  })
}

/** Where the gateway lives elsewhere, it is there that somebody looks. */
async function routes({ gateway }: Observed): Promise<Condition[]> {
  const all = [...(gateway.routes?.() ?? [])].filter(({ suspended }) => !suspended)
  const states = all.length > 0 ? await gateway.status(all) : []
  return all.flatMap((route, i): Condition[] => {
    const state = states[i]
    if (state?.status !== 'failed' && state?.status !== 'degraded') return []
    const reason = state.reason ?? 'Its servers do not pass their checks'
    return [{ kind: 'route.failing', subject: placeOf(route), reason }]
  })
}

async function certificates({ kv, now }: Observed): Promise<Condition[]> {
  const found: Condition[] = []
  for await (const { value } of listAll<EdgeRecord>(kv, EDGE_CERTIFICATES)) {
    const { name, origin, notAfterMs } = value
    if (origin === 'front' || !(await isOverdue(kv, value, now()))) continue
    const reason = `It expires ${new Date(notAfterMs).toISOString()}`
    found.push({ kind: 'certificate.expiring', subject: name, reason })
  }
  return found
}

async function orders({ kv }: Observed): Promise<Condition[]> {
  const found: Condition[] = []
  for await (const { value } of listAll<NameRecord>(kv, ACME_NAMES)) {
    const { name, failures, lastError, unwanted } = value
    if (failures < FAILURES || unwanted) continue
    found.push({ kind: 'certificate.order-failing', subject: name, reason: lastError ?? 'The order fails' })
  }
  return found
}

/** What is revoked, and what clients refuse for want of an answer. */
async function staples({ kv, now }: Observed): Promise<Condition[]> {
  const found: Condition[] = []
  for await (const { value } of listAll<StapleRecord>(kv, STAPLES)) {
    const { name: subject, fingerprint, answer, failures, lastError } = value
    const edge = (await kv.get<EdgeRecord>(edgeKey(subject)))?.value
    if (edge?.fingerprint !== fingerprint || edge.notAfterMs <= now()) continue
    if (answer?.status === 'revoked') {
      const reason = `Its CA has revoked it ${new Date(answer.revokedAtMs).toISOString()}`
      found.push({ kind: 'certificate.revoked', subject, reason })
    } else if (edge.ocsp?.mustStaple && failures >= FAILURES && stapleOf(edge, value, now()) === null) {
      found.push({ kind: 'certificate.unstapled', subject, reason: lastError ?? 'Its responder does not answer' })
    }
  }
  return found
}

async function sources({ providers }: Observed): Promise<Condition[]> {
  const failing = (await providers.states()).filter(({ lastError }) => lastError !== null)
  return failing.map(({ name, lastError }) => ({ kind: 'provider.failing', subject: name, reason: lastError ?? '' }))
}
