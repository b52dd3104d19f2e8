import type { Heartbeat } from '../../shared/domain/heartbeat.ts'
import type { HttpCheck } from '../../shared/domain/options/check.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Upstream } from '../config/upstream.ts'

export interface HealthSubject {
  type: 'app' | 'database'
  name: string
  check: HttpCheck
  /** null: it does not run, and so is unhealthy. */
  upstream: Upstream | null
}

export type ServiceHealth = Heartbeat['apps'][number]

/** Asks apps and databases on this machine whether they answer. */
export interface Health {
  watch(subjects: HealthSubject[]): void
  report(): { apps: ServiceHealth[]; databases: ServiceHealth[] }
  stop(): Promise<void>
}

export function createHealth(_options: { log: Log; changed(): void }): Health {
  return { watch: () => undefined, report: () => ({ apps: [], databases: [] }), stop: async () => undefined }
}
