import type { Settings } from '../config/settings.ts'
import type { Upstream } from '../config/upstream.ts'
import type { HealthSubject } from '../health/health.ts'
import { nameOfDatabase } from '../mongod/database-name.ts'

export function healthSubjects(
  { apps, databases }: Settings,
  upstreamOf: (app: string) => Upstream | null,
): HealthSubject[] {
  const ofApps = apps.map(({ name, health }): HealthSubject => {
    return { type: 'app', name, check: health, upstream: upstreamOf(name) }
  })
  const ofDatabases = databases.map((database): HealthSubject => {
    const { host, port, options, admin } = database
    const upstream = { host, port, tls: options?.useTls !== false, protocol: 'http1' as const }
    return { type: 'database', name: nameOfDatabase(database), check: true, upstream, admin }
  })
  return [...ofApps, ...ofDatabases]
}
