import { deleteAll } from '../kv/delete-all.ts'
import type { Kv } from '../kv/kv.ts'
import { LEAF_LIFE_MS } from '../pki/index.ts'
import type { EdgeCertificate } from './edge-certificates.ts'
import type { CaRecord, CrlRecord } from './records.ts'
import { crlKey, EXPIRIES, expiriesUntil } from './store-keys.ts'

/** What will soon be of no use unless somebody looks after it. */
export interface Expiring {
  kind: 'ca' | 'crl' | 'agent' | 'edge'
  name: string
  expiresAtMs: number
}

const DAY_MS = 86_400_000
/** What renews itself has done so long before. */
const SOON_MS = 14 * DAY_MS
/** Those of an ACME server may live for days only, and are renewed when a third of that is left. */
const LAST_SHARE = 1 / 6
const MOST_AGENTS = 100
/** An agent that was not seen for so long is gone. */
const FORGOTTEN_AFTER_MS = 30 * DAY_MS

interface Looked {
  kv: Kv
  cas: CaRecord[]
  edges: EdgeCertificate[]
  nowMs: number
}

export async function findExpiring({ kv, cas, edges, nowMs }: Looked): Promise<Expiring[]> {
  const found = await fewOf({ kv, cas, edges })
  const soon = found.filter(({ expiresAtMs, soonMs }) => expiresAtMs - nowMs < soonMs)
  return [...soon.map(({ soonMs: _, ...expiring }) => expiring), ...(await agentsOf(kv, nowMs))]
}

export async function findEarliest({ nowMs, ...looked }: Looked): Promise<Map<Expiring['kind'], number>> {
  const [agent] = (await looked.kv.list(EXPIRIES, { after: expiriesUntil(nowMs), limit: 1 })).entries
  const earliest = new Map<Expiring['kind'], number>(agent && [['agent', msOf(agent.key)]])
  for (const { kind, expiresAtMs } of await fewOf(looked))
    earliest.set(kind, Math.min(expiresAtMs, earliest.get(kind) ?? Number.POSITIVE_INFINITY))
  return earliest
}

/** Of the kinds that there are few of. */
async function fewOf({ kv, cas, edges }: Omit<Looked, 'nowMs'>): Promise<(Expiring & { soonMs: number })[]> {
  const lists = await Promise.all(cas.map(({ id }) => listOf(kv, id)))
  return [
    ...newestOf(cas).map(({ id, notAfterMs }) => ({
      kind: 'ca' as const,
      name: id,
      expiresAtMs: notAfterMs,
      soonMs: LEAF_LIFE_MS,
    })),
    ...lists.flat().map((list) => ({ ...list, soonMs: SOON_MS })),
    ...edges.map((edge) => ({
      kind: 'edge' as const,
      name: edge.name,
      expiresAtMs: edge.notAfterMs,
      soonMs: edge.origin === 'acme' ? Math.min(SOON_MS, (edge.notAfterMs - edge.notBeforeMs) * LAST_SHARE) : SOON_MS,
    })),
  ]
}

/** An older one is meant to run out. */
const newestOf = (cas: CaRecord[]) => cas.slice(0, 1)

async function listOf(kv: Kv, caId: string): Promise<Expiring[]> {
  const entry = await kv.get<CrlRecord>(crlKey(caId))
  return entry ? [{ kind: 'crl', name: caId, expiresAtMs: entry.value.nextUpdateMs }] : []
}

/** Of many agents the first to expire. */
async function agentsOf(kv: Kv, nowMs: number): Promise<Expiring[]> {
  const { entries } = await kv.list<string>(EXPIRIES, { after: expiriesUntil(nowMs), limit: MOST_AGENTS })
  const until = expiriesUntil(nowMs + SOON_MS)
  const soon = entries.filter(({ key }) => key < until)
  return soon.map(({ key, value }) => ({ kind: 'agent', name: value, expiresAtMs: msOf(key) }))
}

const msOf = (key: string) => Number(key.slice(EXPIRIES.length).split('/')[0])

/** The index would otherwise keep every agent that ever fell silent. */
export async function forgetExpiries(kv: Kv, nowMs: number): Promise<void> {
  const until = expiriesUntil(nowMs - FORGOTTEN_AFTER_MS)
  const { entries } = await kv.list(EXPIRIES)
  await deleteAll(
    kv,
    entries.map(({ key }) => key).filter((key) => key < until),
  )
}
