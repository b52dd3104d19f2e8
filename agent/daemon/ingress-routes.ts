import type { Settings } from '../config/settings.ts'
import type { Upstream } from '../config/upstream.ts'
import type { IngressRoute } from '../ingress/routing-table.ts'
import type { Domains } from './memory.ts'

/** What the ingress forwards, as far as names are known: those of the last time that the front was reached. */
export function ingressRoutes(
  { apps, databases }: Settings,
  domains: Domains | null,
  upstreamOf: (app: string) => Upstream | null,
): IngressRoute[] {
  if (!domains) return []
  const throughIngress = <T extends { expose: Settings['apps'][number]['expose'] }>({ expose }: T) =>
    expose === 'ingress'
  const ofApps = apps.filter(throughIngress).map(({ name, subdomain = name, options }): IngressRoute => {
    const host = `${subdomain}.${domains.apps}`
    return { type: 'http', host, pathPrefix: options?.pathPrefix ?? null, upstream: upstreamOf(name) }
  })
  const ofDatabases = databases.filter(throughIngress).map(({ name, host, port }): IngressRoute => {
    const upstream = { host, port, tls: false, protocol: 'http1' as const }
    return { type: 'mongodb', host: name === undefined ? domains.mongodb : `${name}.${domains.mongodb}`, upstream }
  })
  return [...ofApps, ...ofDatabases]
}
