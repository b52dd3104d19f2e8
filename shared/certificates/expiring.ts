import { type NameRecord, nameKey } from '../acme/records.ts'
import { deleteAll } from '../kv/delete-all.ts'
import type { Kv } from '../kv/kv.ts'
import { LEAF_LIFE_MS } from '../pki/index.ts'
import type { CaRecord, CrlRecord, EdgeCertificate } from './records.ts'
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

/** Of all, what they are few of, and each edge certificate that should have been renewed. */
export interface Expiries {
  earliest: Map<Expiring['kind'], number>
  edges: Expiring[]
}

type Edge = Pick<EdgeCertificate, 'name' | 'origin' | 'notBeforeMs' | 'notAfterMs'>

/** Whether somebody should have renewed it by now. */
export const isOverdue = async (kv: Kv, edge: Edge, nowMs: number): Promise<boolean> =>
  expiresSoon(edge, nowMs) && !(await isUnwanted(kv, edge))

function expiresSoon(edge: Edge, nowMs: number): boolean {
  const lifeMs = edge.notAfterMs - edge.notBeforeMs
  const soonMs = edge.origin === 'acme' ? Math.min(SOON_MS, lifeMs * LAST_SHARE) : SOON_MS
  return edge.notAfterMs - nowMs < soonMs
}

/** Of an ACME server, for a name that is no longer to have one: it is meant to run out. */
async function isUnwanted(kv: Kv, { name, origin }: Edge): Promise<boolean> {
  if (origin !== 'acme') return false
  return (await kv.get<NameRecord>(nameKey(name)))?.value.unwanted === true
}

interface Looked {
  kv: Kv
  cas: CaRecord[]
  edges: EdgeCertificate[]
  nowMs: number
}

export async function findExpiring({ kv, cas, edges, nowMs }: Looked): Promise<Expiring[]> {
  const isSoon = ({ kind, expiresAtMs }: Expiring) => expiresAtMs - nowMs < (kind === 'ca' ? LEAF_LIFE_MS : SOON_MS)
  const own = (await ownOf({ kv, cas })).filter(isSoon)
  return [...own, ...(await edgesOf({ kv, edges, nowMs })), ...(await agentsOf(kv, nowMs))]
}

export async function findExpiries({ nowMs, kv, cas, edges }: Looked): Promise<Expiries> {
  const [agent] = (await kv.list(EXPIRIES, { after: expiriesUntil(nowMs), limit: 1 })).entries
  const earliest = new Map<Expiring['kind'], number>(agent && [['agent', msOf(agent.key)]])
  for (const { kind, expiresAtMs } of [...(await ownOf({ kv, cas })), ...edges.map(edgeExpiring)])
    earliest.set(kind, Math.min(expiresAtMs, earliest.get(kind) ?? Number.POSITIVE_INFINITY))
  return { earliest, edges: await edgesOf({ kv, edges, nowMs }) }
}

async function ownOf({ kv, cas }: Pick<Looked, 'kv' | 'cas'>): Promise<Expiring[]> {
  const lists = await Promise.all(cas.map(({ id }) => listOf(kv, id)))
  const newest = newestOf(cas).map(({ id, notAfterMs }) => ({ kind: 'ca' as const, name: id, expiresAtMs: notAfterMs }))
  return [...newest, ...lists.flat()]
}

/** The first to expire first. */
async function edgesOf({ kv, edges, nowMs }: Omit<Looked, 'cas'>): Promise<Expiring[]> {
  const found: Expiring[] = []
  for (const edge of edges) {
    if (await isOverdue(kv, edge, nowMs)) found.push(edgeExpiring(edge))
  }
  return found.sort((one, other) => one.expiresAtMs - other.expiresAtMs)
}

const edgeExpiring = ({ name, notAfterMs }: EdgeCertificate): Expiring => ({
  kind: 'edge',
  name,
  expiresAtMs: notAfterMs,
})

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
