import type { MetricName } from '../shared/metrics/families.ts'
import type { Registry } from '../shared/metrics/registry.ts'
import type { App } from './app-env.ts'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** The calls whose answer comes once the route is live. */
const MAKES_LIVE: Record<string, string> = { '/api/proxy/http': 'http', '/api/proxy/mongodb': 'mongodb' }

/** Counts a request by the path that the API knows it by: never by what a client wrote. */
export type CountRequest = (request: Request, path: string, status: number, ms: number) => void

/** The routes must all be there before the first request. */
export function countRequests(app: App, registry: Registry<MetricName>): CountRequest {
  let patternOf: ((path: string) => string) | undefined
  return (request, path, status, ms) => {
    patternOf ??= createPatterns(app.routes.map((route) => route.path))
    const method = METHODS.has(request.method) ? request.method : 'other'
    const pattern = patternOf(path)
    registry.add('front_http_requests_total', [method, pattern, `${String(status)[0]}xx`])
    registry.observe('front_http_request_duration_seconds', [method, pattern], ms / 1_000)
    const type = method === 'POST' ? MAKES_LIVE[pattern] : undefined
    if (type !== undefined && (status === 200 || status === 201) && !request.headers.has('prefer'))
      registry.observe('front_route_time_to_live_seconds', [type], ms / 1_000)
  }
}

const UNKNOWN = 'unknown'

/** Paths with parameters, by how many segments they have. */
function createPatterns(paths: string[]): (path: string) => string {
  const known = paths.filter((path) => !path.includes('*'))
  const fixed = new Set(known.filter((path) => !path.includes(':')))
  const open = Map.groupBy(
    [...new Set(known)]
      .filter((path) => path.includes(':'))
      .map((path) => ({ pattern: shown(path), segments: path.split('/') })),
    ({ segments }) => segments.length,
  )
  return (path) => {
    if (fixed.has(path)) return path
    const segments = path.split('/')
    const found = open.get(segments.length)?.find((each) => fits(each.segments, segments))
    return found?.pattern ?? UNKNOWN
  }
}

const fits = (pattern: string[], segments: string[]): boolean =>
  pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]))

/** As the OpenAPI document writes it. */
const shown = (path: string) => path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')
