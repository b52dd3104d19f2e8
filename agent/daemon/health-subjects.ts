import type { Settings } from '../config/settings.ts'
import type { Upstream } from '../config/upstream.ts'
import type { HealthSubject } from '../health/health.ts'

/** What a database without a name is called in reports. */
export const NAMELESS_DATABASE = 'database'

export function healthSubjects(
  { apps, databases }: Settings,
  upstreamOf: (app: string) => Upstream | null,
): HealthSubject[] {
  const ofApps = apps.map(({ name, health }): HealthSubject => {
    return { type: 'app', name, check: health, upstream: upstreamOf(name) }
  })
  const ofDatabases = databases.map(({ name = NAMELESS_DATABASE, host, port }): HealthSubject => {
    return { type: 'database', name, check: true, upstream: { host, port, tls: false, protocol: 'http1' } }
  })
  return [...ofApps, ...ofDatabases]
}
