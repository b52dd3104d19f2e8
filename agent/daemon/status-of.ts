import type { Apps } from '../apps/apps.ts'
import { renewalMs } from '../certificates/certificate.ts'
import type { Keeper } from '../certificates/keeper.ts'
import type { Settings } from '../config/settings.ts'
import type { Health } from '../health/health.ts'
import type { Ingress } from '../ingress/ingress.ts'
import { nameOfDatabase } from '../mongod/database-name.ts'
import { keyOf, type Place, placeOfApp, placeOfDatabase } from '../plan/place.ts'
import type { Converger } from './converger.ts'
import type { Domains } from './memory.ts'
import type { Reachability } from './reachability.ts'
import type { RouteStatus, Status } from './status.ts'

export interface Parts {
  settings: Settings
  mistakes: string[]
  domains: Domains | null
  startedAt: string
  version: string
  reachability: Reachability
  keeper: Keeper
  ingress: Ingress
  converger: Converger
  apps: Apps
  health: Health
}

export function statusOf({ settings, mistakes, startedAt, version, ...parts }: Parts): Status {
  const { reachability, keeper, ingress, apps, health } = parts
  const { apps: ofApps, databases: ofDatabases } = health.report()
  const healthIn = (list: typeof ofApps, wanted: string) => list.find(({ name }) => name === wanted) ?? null
  return {
    agentId: settings.agent,
    version,
    pid: process.pid,
    startedAt,
    front: { url: settings.front.url, ...reachability.report, shutOut: parts.converger.shutOut },
    certificate: certificateOf(keeper),
    ingress: ingress.report,
    routes: routesOf(settings, parts),
    apps: apps.report().map((app) => ({ ...app, health: healthIn(ofApps, app.name) })),
    databases: settings.databases.map((database) => {
      const name = nameOfDatabase(database)
      return { name, health: healthIn(ofDatabases, name) }
    }),
    mistakes,
  }
}

function certificateOf({ report: { facts, lastError } }: Keeper): Status['certificate'] {
  if (!facts) return { expiresAt: null, renewsAt: null, names: [], lastError }
  const [expiresAt, renewsAt] = [facts.notAfterMs, renewalMs(facts)].map((ms) => new Date(ms).toISOString())
  return { expiresAt: expiresAt ?? null, renewsAt: renewsAt ?? null, names: facts.names, lastError }
}

function routesOf({ apps, databases }: Settings, { converger, domains }: Pick<Parts, 'converger' | 'domains'>) {
  const told = (name: string, place: Place, host: string | null): RouteStatus => {
    const key = keyOf(place)
    const there = converger.there.get(key)
    const refusal = converger.refusals.reasonOf(key)
    const { type, pathPrefix } = place
    const known = { type, name, domain: there?.domain ?? host, pathPrefix }
    if (refusal !== undefined) return { ...known, status: 'refused', reason: refusal }
    return { ...known, status: there?.status ?? 'wanted', reason: there?.reason ?? null }
  }
  return [
    ...apps.map((app) => told(app.name, placeOfApp(app), domains && `${app.subdomain ?? app.name}.${domains.apps}`)),
    ...databases.map((database) => {
      const host = domains && (database.name === undefined ? domains.mongodb : `${database.name}.${domains.mongodb}`)
      return told(nameOfDatabase(database), placeOfDatabase(database), host)
    }),
  ]
}
