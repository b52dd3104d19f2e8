import { z } from 'zod'
import { HttpRouteFields, MongodbRouteFields, type RouteInput } from './route-input.ts'
import type { Route } from './route-record.ts'
import { bracketed } from './target-host.ts'

const HttpInput = z.strictObject({ type: z.literal('http'), ...HttpRouteFields })
const MongodbInput = z.strictObject({ type: z.literal('mongodb'), ...MongodbRouteFields })

/** The wish that makes such a route; `null`: no wish of today does. Its passwords are known to nobody. */
export function inputOf(route: Route): RouteInput | null {
  const { agentId, type } = route
  const { basicAuth, ...options } = withoutNothing(route.options)
  if (type === 'mongodb') {
    const parsed = MongodbInput.safeParse({ type, ...databaseOf(route), options })
    return parsed.success ? { ...parsed.data, agentId } : null
  }
  const { subdomain, targetUrl } = route
  const parsed = HttpInput.safeParse({ type, subdomain, targetUrl, options })
  if (!parsed.success) return null
  const asked =
    basicAuth === undefined ? parsed.data.options : { ...parsed.data.options, basicAuth: unknownPasswords(route) }
  return { ...parsed.data, agentId, options: asked }
}

function databaseOf({ targets: [first], ...route }: Route) {
  const name = route.type === 'mongodb' && route.name !== null ? { name: route.name } : {}
  return { ...name, targetHost: first && bracketed(first.host), targetPort: first?.port }
}

/** `null` stands for a default that was given in words. */
const withoutNothing = (options: Route['options']) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null))

function unknownPasswords(route: Route) {
  const { realm = '', users = [] } = route.type === 'http' ? (route.basicAuth ?? {}) : {}
  return { realm, users: users.map(({ user }) => ({ user, password: '' })) }
}
