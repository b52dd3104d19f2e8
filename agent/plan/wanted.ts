import { bracketed, isAddress } from '../../shared/domain/target-host.ts'
import type { HttpRouteRequest, MongodbRouteRequest } from '../client/api.ts'
import type { App } from '../config/app.ts'
import type { Database } from '../config/database.ts'
import type { Settings } from '../config/settings.ts'
import type { Upstream } from '../config/upstream.ts'
import { nameOfDatabase } from '../mongod/database-name.ts'
import { optionsToSend } from './options-to-send.ts'
import { type Place, placeOfApp, placeOfDatabase } from './place.ts'

type Own<T> = Omit<T, 'agentId' | 'agentKey'>

/** A route as agent.yaml wants it: what is asked of the front. */
export type WantedRoute = Place & { name: string } & (
    | { type: 'http'; ask: Own<HttpRouteRequest> }
    | { type: 'mongodb'; ask: Own<MongodbRouteRequest> }
  )

/** What the agent gives an app that has no port of its own; `null`: it does not run. */
type UpstreamOf = (name: string) => Upstream | null

/** Of an app that the front asks itself and that does not run, there is nothing to say. */
export function wantedRoutes(settings: Settings, upstreamOf: UpstreamOf): WantedRoute[] {
  const apps = settings.apps.flatMap((app) => wantedApp(app, settings, upstreamOf) ?? [])
  return [...apps, ...settings.databases.map((database) => wantedDatabase(database, settings))]
}

function wantedApp(app: App, settings: Settings, upstreamOf: UpstreamOf): WantedRoute | null {
  const { name, subdomain = name } = app
  const targetUrl = app.expose === 'ingress' ? ingressUrl(settings) : directUrl(app, settings, upstreamOf)
  if (targetUrl === null) return null
  const transport = app.expose === 'ingress' ? { through: 'agent' as const } : protocolOf(app)
  const options = { ...optionsToSend(app.options), ...transport }
  return { ...placeOfApp(app), name, type: 'http', ask: { subdomain, targetUrl, options } }
}

const ingressUrl = ({ address, ingress }: Settings) => `https://${bracketed(address)}:${ingress.port}`

/** A port alone is one of this machine, which the front knows by another address. */
function directUrl({ name, target }: App, { address }: Settings, upstreamOf: UpstreamOf): string | null {
  if (typeof target === 'object') return target.url
  const upstream = upstreamOf(name)
  if (!upstream) return null
  const host = isThisMachine(upstream.host) ? address : upstream.host
  return `${upstream.tls ? 'https' : 'http'}://${bracketed(host)}:${upstream.port}`
}

const isThisMachine = (host: string) => host === '::1' || (isAddress(host) && host.startsWith('127.'))

const protocolOf = ({ protocol, options }: App) =>
  protocol === 'h2c' && options?.protocol === undefined ? { protocol } : {}

function wantedDatabase(database: Database, { address, ingress }: Settings): WantedRoute {
  const { name, host, port, expose } = database
  const target =
    expose === 'ingress'
      ? { targetHost: address, targetPort: ingress.port }
      : { targetHost: isThisMachine(host) ? address : host, targetPort: port }
  const options = { ...optionsToSend(database.options), ...(expose === 'ingress' && { through: 'agent' as const }) }
  const ask = { ...(name !== undefined && { name }), ...target, options }
  return { ...placeOfDatabase(database), name: nameOfDatabase(database), type: 'mongodb', ask }
}
