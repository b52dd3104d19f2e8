import { ApiError } from '../api-error.ts'
import { ok, param, type Route } from './call.ts'
import type { Context } from './context.ts'

/** So that a client may know whom it speaks to. */
const API_VERSION = 'v3.4.2 embedded'

const endpoint = (name: string, title: string, description: string) => ({
  description,
  title,
  url: `/services/haproxy/${name}`,
})

const ENDPOINTS = [
  endpoint(
    'runtime',
    'Return list of HAProxy advanced runtime endpoints',
    'Maps, servers, stick tables and certificates of the running HAProxy.',
  ),
  endpoint('reloads', 'Return list of HAProxy Reloads.', 'Returns a list of HAProxy reloads.'),
  endpoint(
    'transactions',
    'Return list of HAProxy configuration transactions.',
    'Returns a list of HAProxy configuration transactions.',
  ),
  endpoint('stats', 'Return list of HAProxy stats endpoints', 'Returns a list of HAProxy stats endpoints.'),
  endpoint('storage', 'Return list of HAProxy storage endpoints', 'Maps and certificates as files.'),
  endpoint(
    'configuration',
    'Return list of HAProxy advanced configuration endpoints',
    'The configuration as text, and its backends.',
  ),
]

export function aboutRoutes({ isUp, reloads }: Context): Route[] {
  return [
    { method: 'GET', path: '/info', handle: () => ok({ api: { build_date: '', version: API_VERSION }, system: {} }) },
    { method: 'GET', path: '/health', handle: () => ok({ haproxy: isUp() ? 'up' : 'down' }) },
    { method: 'GET', path: '/services/haproxy', handle: () => ok(ENDPOINTS) },
    { method: 'GET', path: '/services/haproxy/reloads', handle: () => ok(reloads.list()) },
    {
      method: 'GET',
      path: '/services/haproxy/reloads/{id}',
      handle: (call) => {
        const id = param(call, 'id')
        if (!/^\d{4}-\d{2}-\d{2}-\d+$/.test(id))
          throw new ApiError(
            400,
            String.raw`id in path: string doesn't match the regular expression "^\d{4}-\d{2}-\d{2}-\d+$"`,
          )
        const entry = reloads.get(id)
        if (!entry) throw new ApiError(404, `Reload with ID ${id} does not exist`)
        return ok(entry.status === 'in_progress' ? { status: entry.status } : entry)
      },
    },
  ]
}
