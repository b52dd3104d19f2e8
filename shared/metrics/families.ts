import type { Families } from './registry.ts'

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const STORE_BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2]
const LIVE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]

const counter = (help: string, ...labels: string[]) => ({ type: 'counter', help, labels }) as const
const gauge = (help: string, ...labels: string[]) => ({ type: 'gauge', help, labels }) as const
const histogram = (help: string, buckets: readonly number[], ...labels: string[]) =>
  ({ type: 'histogram', help, labels, buckets }) as const

/** All metrics there are. docs/monitoring explains each. */
export const FAMILIES = {
  front_build_info: gauge('1, with what runs as labels', 'version'),
  front_http_requests_total: counter('Requests to the API', 'method', 'route', 'status'),
  front_http_request_duration_seconds: histogram('Until the API began its answer', REQUEST_BUCKETS, 'method', 'route'),
  front_route_time_to_live_seconds: histogram('From the request for a route until it was live', LIVE_BUCKETS, 'type'),
  front_routes: gauge('Routes by what became of them', 'type', 'status'),
  front_backends: gauge('Backends of the gateway by what became of them', 'status'),
  front_kv_operation_duration_seconds: histogram('Operations of the store', STORE_BUCKETS, 'adapter', 'operation'),
  front_kv_operation_errors_total: counter('Operations of the store that failed', 'adapter', 'operation'),
  front_certificate_expires_in_seconds: gauge('Until the earliest of its kind expires', 'kind'),
  front_edge_certificate_expires_in_seconds: gauge(
    'Of the first twenty edge certificates that should have been renewed: until it expires',
    'name',
  ),
  front_certificate_orders: gauge('Names that are to have a certificate of the ACME server, by how it stands', 'state'),
  front_event_streams: gauge('Streams of events and log lines that are open'),
  front_event_streams_cut_off_total: counter('Streams whose reader was too slow'),
  front_log_lines_total: counter('Lines of the access log that were read'),
  front_log_lines_dropped_total: counter('Lines of the access log that came too fast'),
  front_node_up: gauge('1: the node answers', 'node'),
  front_node_lag_seconds: gauge('How long the node has been behind what was accepted', 'node'),
  front_node_applied_revision: gauge('The revision up to which the node has everything', 'node'),
  front_node_reloads_total: counter('Reloads of HAProxy for the front', 'node'),
  front_node_passes_total: counter('Comparisons of the node with what was accepted', 'node'),
  front_node_repairs_total: counter('What was found other than it had been left, and put right', 'node'),
  front_provider_up: gauge('1: the provider’s source answers', 'provider'),
  front_provider_backends: gauge('Backends that the store has of it', 'provider'),
  front_provider_refused_backends: gauge('Backends of it that were not taken: their last state stays', 'provider'),
  front_provider_waiting_events: gauge('Events of it that wait', 'provider'),
  front_provider_events_total: counter('Events that it has told', 'provider', 'type'),
  front_haproxy_current_sessions: gauge('Sessions at the moment', 'node', 'kind'),
  front_haproxy_sessions_total: counter('Sessions since HAProxy was last reloaded', 'node', 'kind'),
  front_haproxy_requests_total: counter('HTTP answers since HAProxy was last reloaded', 'node', 'status'),
  front_haproxy_received_bytes_total: counter('From clients, since HAProxy was last reloaded', 'node', 'kind'),
  front_haproxy_sent_bytes_total: counter('To clients, since HAProxy was last reloaded', 'node', 'kind'),
} as const satisfies Families

export type MetricName = keyof typeof FAMILIES
