import type { AccessLog } from '../access-log/access-log.ts'
import { ORDER_STATES, stateOf } from '../acme/need.ts'
import type { AcmeService } from '../acme/open-acme.ts'
import type { NameRecord } from '../acme/records.ts'
import type { Certificates } from '../certificates/certificates.ts'
import type { Expiries } from '../certificates/expiring.ts'
import type { Events } from '../events/events.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Measures } from '../gateway/measures.ts'
import type { Log } from '../log/log.ts'
import type { ProviderManager } from '../providers/manager.ts'
import type { ProviderState } from '../providers/provider-state.ts'
import { FAMILIES, type MetricName } from './families.ts'
import { createRegistry, type Registry } from './registry.ts'

/** What the front counts of itself, and what it asks its parts for when it is asked. */
export interface Metrics {
  readonly registry: Registry<MetricName>
  /** In Prometheus' text format. */
  print(parts: MeasuredParts): Promise<string>
}

interface MeasuredParts {
  gateway: Pick<Gateway, 'measures'>
  certificates: Pick<Certificates, 'expiries'>
  acme: Pick<AcmeService, 'names'> | null
  accessLog: Pick<AccessLog, 'counts'>
  events: Pick<Events, 'open'>
  providers: Pick<ProviderManager, 'states'>
  log: Log
  now: () => number
}

export function createMetrics(version: string): Metrics {
  const registry = createRegistry<MetricName>(FAMILIES)
  registry.set('front_build_info', [version], 1)
  registry.add('front_event_streams_cut_off_total', [], 0)
  return {
    registry,
    async print(parts) {
      const { accessLog, events, certificates, acme, gateway, providers, log, now } = parts
      registry.set('front_event_streams', [], events.open)
      registry.set('front_log_lines_total', [], accessLog.counts.taken)
      registry.set('front_log_lines_dropped_total', [], accessLog.counts.dropped)
      // What cannot be asked at this moment is left out; the rest is wanted all the more.
      const ask = (what: string, work: Promise<void>) =>
        work.catch((error) => log.warn(`Could not measure ${what}`, { error }))
      await Promise.all([
        ask(
          'the gateway',
          gateway.measures().then((measures) => setGateway(registry, measures)),
        ),
        ask(
          'the providers',
          providers.states().then((states) => setProviders(registry, states)),
        ),
        ask(
          'the certificates',
          certificates.expiries().then((expiries) => setExpiries(registry, expiries, now())),
        ),
        ask(
          'the orders of certificates',
          (acme?.names() ?? Promise.resolve([])).then((names) => setOrders(registry, names, now())),
        ),
      ])
      return registry.print()
    },
  }
}

function setOrders(registry: Registry<MetricName>, names: NameRecord[], nowMs: number): void {
  const states = names.map((record) => stateOf(record, nowMs))
  for (const state of ORDER_STATES)
    registry.set('front_certificate_orders', [state], states.filter((each) => each === state).length)
}

/** Of many that are not renewed the first few tell enough: labels must have an end. */
const MOST_NAMES = 20

function setExpiries(registry: Registry<MetricName>, { earliest, edges }: Expiries, nowMs: number): void {
  const secondsTo = (atMs: number) => Math.round((atMs - nowMs) / 1_000)
  registry.clear('front_certificate_expires_in_seconds')
  registry.clear('front_edge_certificate_expires_in_seconds')
  for (const [kind, atMs] of earliest) registry.set('front_certificate_expires_in_seconds', [kind], secondsTo(atMs))
  for (const { name, expiresAtMs } of edges.slice(0, MOST_NAMES))
    registry.set('front_edge_certificate_expires_in_seconds', [name], secondsTo(expiresAtMs))
}

const OF_PROVIDERS = (Object.keys(FAMILIES) as MetricName[]).filter((name) => name.startsWith('front_provider_'))

function setProviders(registry: Registry<MetricName>, states: readonly ProviderState[]): void {
  for (const name of OF_PROVIDERS) registry.clear(name)
  for (const { name, state, backends, refused, channel, events } of states) {
    registry.set('front_provider_up', [name], state === 'running' ? 1 : 0)
    registry.set('front_provider_backends', [name], backends)
    registry.set('front_provider_refused_backends', [name], refused)
    registry.set('front_provider_waiting_events', [name], channel.waiting)
    for (const [type, count] of Object.entries(events)) registry.set('front_provider_events_total', [name, type], count)
  }
}

const OF_NODES = (Object.keys(FAMILIES) as MetricName[]).filter((name) => /^front_(?:node|haproxy)_/.test(name))

function setGateway(registry: Registry<MetricName>, { routes, backends, nodes }: Measures): void {
  for (const name of ['front_routes', 'front_backends', ...OF_NODES] as const) registry.clear(name)
  for (const { type, status, count } of routes) registry.set('front_routes', [type, status], count)
  for (const { status, count } of backends) registry.set('front_backends', [status], count)
  for (const node of nodes) {
    const { name, reachable, lagMs, appliedRevision, reloads, passes, repairs } = node
    registry.set('front_node_up', [name], reachable ? 1 : 0)
    registry.set('front_node_lag_seconds', [name], lagMs / 1_000)
    registry.set('front_node_applied_revision', [name], appliedRevision)
    registry.set('front_node_reloads_total', [name], reloads)
    registry.set('front_node_passes_total', [name], passes)
    registry.set('front_node_repairs_total', [name], repairs)
    for (const each of node.frontends) setFrontend(registry, name, each)
  }
}

function setFrontend(
  registry: Registry<MetricName>,
  node: string,
  { kind, current, sessions, bytesIn, bytesOut, answers }: Measures['nodes'][number]['frontends'][number],
): void {
  registry.set('front_haproxy_current_sessions', [node, kind], current)
  registry.set('front_haproxy_sessions_total', [node, kind], sessions)
  registry.set('front_haproxy_received_bytes_total', [node, kind], bytesIn)
  registry.set('front_haproxy_sent_bytes_total', [node, kind], bytesOut)
  for (const [status, count] of Object.entries(answers))
    registry.set('front_haproxy_requests_total', [node, status], count)
}
