import type { RouteStatus, Status } from '../daemon/status.ts'
import { ago, ahead, lasting } from './spans.ts'
import type { Terminal } from './terminal.ts'

type Verdict = 'well' | 'doubtful' | 'wrong'
interface Row {
  verdict: Verdict
  name: string
  text: string
}

const SIGNS = { well: ['green', '✓'], doubtful: ['yellow', '!'], wrong: ['red', '✗'] } as const
/** More makes tokens and certificates look expired, or not valid yet. */
const MOST_CLOCK_AHEAD_MS = 60_000

/** A status for people. */
export function statusLines(status: Status, paint: Terminal['paint'], nowMs: number) {
  const parts: [title: string, rows: Row[]][] = [
    ['', [frontRow(status, nowMs), certificateRow(status, nowMs), ingressRow(status), ...clockRows(status)]],
    ['Routes', status.routes.map(routeRow)],
    ['Apps', status.apps.map(appRow)],
    ['Databases', status.databases.map(({ name, health }) => ({ name, ...healthOf(health) }))],
    [
      'agent.yaml has mistakes; the former one is in force',
      status.mistakes.map((text) => ({ verdict: 'wrong', name: '', text })),
    ],
  ]
  const width = Math.max(...parts.flatMap(([, rows]) => rows.map(({ name }) => name.length)))
  const shown = ({ verdict, name, text }: Row) => {
    const [colour, sign] = SIGNS[verdict]
    return `  ${paint(colour, sign)} ${name.padEnd(width)}  ${text}`
  }
  const lines = parts
    .filter(([, rows]) => rows.length > 0)
    .flatMap(([title, rows]) => [...(title === '' ? [] : ['', paint('bold', title)]), ...rows.map(shown)])
  const title = `${paint('bold', `Agent ${status.agentId}`)} ${paint('dim', `${status.version}, process ${status.pid}, started ${ago(status.startedAt, nowMs)}`)}`
  return {
    lines: [title, ...lines],
    isWell: parts.every(([, rows]) => rows.every(({ verdict }) => verdict === 'well')),
  }
}

function frontRow({ front: { url, reachable, since, lastError, shutOut } }: Status, nowMs: number): Row {
  const name = 'Front'
  if (reachable && shutOut)
    return { verdict: 'wrong', name, text: `${url} answers, and does not let this agent in: ${shutOut}` }
  if (reachable) return { verdict: 'well', name, text: `${url}, has answered for ${lasting(since, nowMs)}` }
  const why = lastError === null ? 'was not asked yet' : lastError
  return { verdict: 'wrong', name, text: `${why} (for ${lasting(since, nowMs)}; what is served is served on)` }
}

function certificateRow({ certificate: { expiresAt, renewsAt, lastError } }: Status, nowMs: number): Row {
  const name = 'Certificate'
  if (expiresAt === null) return { verdict: 'wrong', name, text: `there is none yet. ${lastError ?? ''}`.trim() }
  if (Date.parse(expiresAt) <= nowMs)
    return { verdict: 'wrong', name, text: `has expired ${ago(expiresAt, nowMs)}. ${lastError ?? ''}`.trim() }
  const times = `good for ${ahead(expiresAt, nowMs)}, renewed in ${ahead(renewsAt ?? expiresAt, nowMs)}`
  return lastError === null
    ? { verdict: 'well', name, text: times }
    : { verdict: 'doubtful', name, text: `${times}. ${lastError}` }
}

function ingressRow({ ingress: { listening, port, error } }: Status): Row {
  const name = 'Ingress'
  if (listening) return { verdict: 'well', name, text: `listens on port ${port}, for the front alone` }
  return { verdict: 'wrong', name, text: `does not listen on port ${port}${error === null ? '' : `: ${error}`}` }
}

function clockRows({ front: { clockAheadMs } }: Status): Row[] {
  if (clockAheadMs === null || Math.abs(clockAheadMs) <= MOST_CLOCK_AHEAD_MS) return []
  const seconds = Math.round(Math.abs(clockAheadMs) / 1000)
  const text = `is ${seconds} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the front's: set it by NTP`
  return [{ verdict: 'doubtful', name: 'Clock', text }]
}

const ROUTE_VERDICTS: Record<RouteStatus['status'], Verdict> = {
  wanted: 'doubtful',
  refused: 'wrong',
  pending: 'doubtful',
  live: 'well',
  settled: 'well',
  degraded: 'wrong',
  failed: 'wrong',
}
const ROUTE_WORDS: Record<RouteStatus['status'], string> = {
  wanted: 'the front has not heard of it yet',
  refused: 'the front does not take it',
  pending: 'accepted; no HAProxy has it yet',
  live: 'live',
  settled: 'live',
  degraded: 'HAProxy finds that it does not answer',
  failed: 'HAProxy does not take it',
}

function routeRow({ name, domain, pathPrefix, status, reason }: RouteStatus): Row {
  const words = reason === null ? ROUTE_WORDS[status] : `${ROUTE_WORDS[status]}: ${reason}`
  return { verdict: ROUTE_VERDICTS[status], name, text: `${domain ?? ''}${pathPrefix ?? ''}  ${words}`.trim() }
}

type AppStatus = Status['apps'][number]

const APP_VERDICTS: Record<AppStatus['state'], Verdict> = {
  external: 'well',
  running: 'well',
  starting: 'doubtful',
  stopping: 'doubtful',
  waiting: 'wrong',
  failed: 'wrong',
}

function appRow({ name, state, pid, restarts, message, health }: AppStatus): Row {
  if (state === 'external') return { name, ...healthOf(health) }
  const verdict = APP_VERDICTS[state]
  const runs = pid === null ? state : `${state}, process ${pid}`
  const told = [runs, restarts > 0 && `started again ${restarts} times`, message].filter(Boolean).join(', ')
  if (verdict !== 'well') return { verdict, name, text: told }
  const { verdict: healthy, text } = healthOf(health)
  return { verdict: healthy, name, text: `${told}, ${text}` }
}

function healthOf(health: AppStatus['health']): Omit<Row, 'name'> {
  if (health === null || health.status === 'unknown') return { verdict: 'doubtful', text: 'was not looked at yet' }
  if (health.status === 'healthy') return { verdict: 'well', text: 'answers' }
  return { verdict: 'wrong', text: `does not answer${health.message ? `: ${health.message}` : ''}` }
}
