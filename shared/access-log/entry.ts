import { ownerOf } from '../domain/route-owner.ts'

/** A line of HAProxy's access log. What is not known is null. */
export interface LogEntry {
  at: string
  node: string
  kind: 'http' | 'mongodb'
  /** The route's id; null: there was none for the name. */
  route: string | null
  agentId: string | null
  client: string
  tls: boolean | null
  /** Of HTTP: 1 or 2. */
  protocol: number | null
  method: string | null
  host: string | null
  /** Without its query. */
  path: string | null
  status: number | null
  ms: number
  bytes: number
  backend: string | null
  /** How it ended, in HAProxy's letters; `--`: well. */
  end: string
}

/** Reads what `log-format` in haproxy.cfg writes; null for anything else. */
export function parseLine(line: string, node: string): LogEntry | null {
  const fields = fieldsOf(line)
  if (!fields || (fields.kind !== 'http' && fields.kind !== 'mongodb') || typeof fields.t !== 'number') return null
  const text = (name: string) => (typeof fields[name] === 'string' && fields[name] !== '-' ? fields[name] : null)
  const number = (name: string) => (typeof fields[name] === 'number' ? fields[name] : null)
  const route = text('route')
  const tls = number('tls')
  return {
    at: new Date(fields.t * 1_000).toISOString(),
    node,
    kind: fields.kind,
    route,
    agentId: route === null ? null : ownerOf(route),
    client: text('client') ?? '',
    tls: tls === null ? null : tls === 1,
    protocol: number('proto'),
    method: text('method'),
    host: text('host'),
    path: text('path'),
    status: number('status'),
    ms: number('ms') ?? 0,
    bytes: number('bytes') ?? 0,
    backend: text('backend'),
    end: typeof fields.end === 'string' ? fields.end : '',
  }
}

function fieldsOf(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

/** Which lines somebody wants to see, and may see. */
export interface LogFilter {
  agentId?: string | undefined
  /** What was before belonged to another agent of the same name. */
  since?: string | undefined
  route?: string | undefined
  host?: string | undefined
  status?: StatusFilter | undefined
}

/** From the first to the last, as 500 to 599. */
interface StatusFilter {
  first: number
  last: number
}

export function matches({ agentId, since, route, host, status }: LogFilter, entry: LogEntry): boolean {
  if (agentId !== undefined && entry.agentId !== agentId) return false
  if (since !== undefined && entry.at < since) return false
  if (route !== undefined && entry.route !== route) return false
  if (host !== undefined && entry.host !== host) return false
  return status === undefined || (entry.status !== null && entry.status >= status.first && entry.status <= status.last)
}
