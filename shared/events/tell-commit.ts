import { ACME_NAMES, EDGE_FAIL, type NameRecord } from '../acme/records.ts'
import type { BackendRecord } from '../backends/backend-record.ts'
import { BACKENDS, PROVIDER_ORDER } from '../backends/store-keys.ts'
import type { AgentCertificateRecord, EdgeRecord } from '../certificates/records.ts'
import { AGENT_CERTIFICATES, EDGE_CERTIFICATES } from '../certificates/store-keys.ts'
import type { Route } from '../domain/route-record.ts'
import { AGENTS, type AgentRecord } from '../identity/agent-record.ts'
import type { Change, ChangeSet } from '../kv/kv.ts'
import { ROUTES } from '../routes/store-keys.ts'
import type { EventSet, Happened } from './store-event.ts'

const AUDIT = 'audit/'
const TOKENS = 'tokens/'

/** By `action target`: what the audit entry says that belongs to the same commit. */
type Done = ReadonlySet<string>

interface Told {
  happened: Happened
  owner: string | null
}

/**
 * What a commit tells: pure, and the same on every front, so that places in it are the same too. In the order of the
 * keys, because that of the writes is not kept by every store.
 */
export function tellCommit({ revision, changes }: ChangeSet): EventSet {
  const done = doneBy(changes)
  const sorted = changes.filter((change) => isTold(change, done)).sort((a, b) => (a.key < b.key ? -1 : 1))
  if (sorted.length === 0) return { revision, events: [], touched: touchedBy(changes) }
  const told = sorted.map((change) => tell(change, done))
  const events = told.map(({ happened, owner }, index) => ({
    ...happened,
    owner,
    place: { revision, part: index === told.length - 1 ? Number.POSITIVE_INFINITY : index + 1 },
  }))
  return { revision, events, touched: touchedBy(changes) }
}

const isTold = ({ key }: Change, done: Done): boolean =>
  key.startsWith(ROUTES) ||
  key.startsWith(AGENTS) ||
  key.startsWith(AGENT_CERTIFICATES) ||
  key.startsWith(EDGE_CERTIFICATES) ||
  (key.startsWith(BACKENDS) && key !== PROVIDER_ORDER) ||
  // Its steps are nobody's business, that it failed is.
  (key.startsWith(ACME_NAMES) && done.has(`${EDGE_FAIL} ${key.slice(ACME_NAMES.length)}`))

const touchedBy = (changes: Change[]): string[] =>
  changes.flatMap(({ key }) => (key.startsWith(AGENTS) || key.startsWith(TOKENS) ? [key] : []))

function doneBy(changes: Change[]): Done {
  const done = new Set<string>()
  for (const change of changes) {
    if (change.deleted || !change.key.startsWith(AUDIT)) continue
    const { action, target } = change.value as { action: string; target: string }
    done.add(`${action} ${target}`)
  }
  return done
}

function tell(change: Change, done: Done): Told {
  const { key } = change
  if (key.startsWith(ROUTES)) return tellRoute(change)
  if (key.startsWith(AGENTS)) return tellAgent(change, key.slice(AGENTS.length), done)
  if (key.startsWith(AGENT_CERTIFICATES)) return tellCertificate(change, key.slice(AGENT_CERTIFICATES.length), done)
  if (key.startsWith(BACKENDS)) return tellBackend(change, key.slice(BACKENDS.length))
  if (key.startsWith(ACME_NAMES) && !change.deleted) {
    return { happened: { name: 'certificate.edge-failed', order: change.value as unknown as NameRecord }, owner: null }
  }
  return tellEdge(change, key.slice(EDGE_CERTIFICATES.length), done)
}

function tellBackend(change: Change, place: string): Told {
  if (change.deleted) {
    const [provider = '', name = ''] = place.split('/')
    return { happened: { name: 'backend.removed', removedBackend: { provider, name } }, owner: null }
  }
  const backend = change.value as unknown as BackendRecord
  return { happened: { name: backend.revision === 1 ? 'backend.created' : 'backend.changed', backend }, owner: null }
}

function tellRoute(change: Change): Told {
  if (change.deleted) {
    const removed = removedRoute(change.key)
    return { happened: { name: 'route.removed', removed }, owner: removed.agentId }
  }
  const route = change.value as unknown as Route
  return { happened: { name: route.revision === 1 ? 'route.created' : 'route.changed', route }, owner: route.agentId }
}

/** `routes/{agentId}/{type}/{host}/{prefix}`: what is gone tells no more than its key. */
function removedRoute(key: string) {
  const [, agentId = '', type, host = '', ...path] = key.split('/')
  const prefix = path.join('/')
  return {
    agentId,
    type: type === 'mongodb' ? ('mongodb' as const) : ('http' as const),
    host,
    pathPrefix: prefix === '' ? null : `/${prefix}`,
  }
}

function tellAgent(change: Change, agentId: string, done: Done): Told {
  if (change.deleted) return { happened: { name: 'agent.removed', agentId }, owner: agentId }
  const agent = change.value as unknown as AgentRecord
  return { happened: { name: agentEvent(agentId, done), agent }, owner: agentId }
}

function agentEvent(agentId: string, done: Done) {
  if (done.has(`agent.register ${agentId}`)) return 'agent.registered'
  if (done.has(`agent.suspend ${agentId}`)) return 'agent.suspended'
  if (done.has(`agent.resume ${agentId}`)) return 'agent.resumed'
  if (done.has(`agent.revoke ${agentId}`)) return 'agent.revoked'
  return 'agent.changed'
}

function tellCertificate(change: Change, agentId: string, done: Done): Told {
  const certificate = change.deleted ? null : (change.value as unknown as AgentCertificateRecord)
  if (!certificate?.current) return { happened: { name: 'certificate.revoked', agentId }, owner: agentId }
  return { happened: { name: certificateEvent(agentId, done), certificate }, owner: agentId }
}

function certificateEvent(agentId: string, done: Done) {
  if (done.has(`certificate.issue ${agentId}`)) return 'certificate.issued'
  if (done.has(`certificate.renew ${agentId}`)) return 'certificate.renewed'
  return 'certificate.changed'
}

function tellEdge(change: Change, edgeName: string, done: Done): Told {
  if (change.deleted) return { happened: { name: 'certificate.edge-removed', edgeName }, owner: null }
  const { sealedKey: _, ...edge } = change.value as unknown as EdgeRecord
  return { happened: { name: edgeEvent(edgeName, done), edge }, owner: null }
}

function edgeEvent(edgeName: string, done: Done) {
  if (done.has(`edge.issue ${edgeName}`)) return 'certificate.edge-issued'
  if (done.has(`edge.renew ${edgeName}`)) return 'certificate.edge-renewed'
  if (done.has(`edge.expire ${edgeName}`)) return 'certificate.edge-expiring'
  return 'certificate.edge-changed'
}
