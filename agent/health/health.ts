import type { Heartbeat } from '../../shared/domain/heartbeat.ts'
import type { HttpCheck } from '../../shared/domain/options/check.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Upstream } from '../config/upstream.ts'
import type { Pinger } from '../mongod/ping.ts'
import { probe } from './probe.ts'
import { createWatcher, type Watcher } from './watcher.ts'

export interface HealthSubject {
  type: 'app' | 'database'
  name: string
  check: HttpCheck
  /** null: it does not run, and so is unhealthy. */
  upstream: Upstream | null
  /** Of a database: it is logged in to besides. */
  admin?: string | undefined
}

export type ServiceHealth = Omit<Heartbeat['apps'][number], 'version'>

/** Asks apps and databases on this machine whether they answer. */
export interface Health {
  watch(subjects: HealthSubject[]): void
  report(): { apps: ServiceHealth[]; databases: ServiceHealth[] }
  stop(): Promise<void>
}

/** Where a check says only that there is to be one. */
const USUAL = { intervalSeconds: 2, rise: 2, fall: 3 }
const LONGEST_MESSAGE = 120
const NOT_RUNNING = 'does not run'

interface Watched {
  subject: HealthSubject
  watcher: Watcher | null
  pinger: Pinger | null
}

export interface HealthOptions {
  log: Log
  changed(): void
  pingerOf(admin: string): Pinger
}

export function createHealth({ log, changed, pingerOf }: HealthOptions): Health {
  const watched = new Map<string, Watched>()
  const ending = new Set<Promise<void>>()

  const begin = (subject: HealthSubject): Watched => {
    const { type, name, check, upstream, admin } = subject
    if (upstream === null || check === false) return { subject, watcher: null, pinger: null }
    const pinger = admin === undefined ? null : pingerOf(admin)
    const { intervalSeconds, rise, fall } = check === true ? USUAL : check
    const watcher = createWatcher({
      ask: async () => (await probe(check, upstream)) ?? (await pinger?.ping()) ?? null,
      pace: { intervalMs: intervalSeconds * 1_000, rise, fall },
      changed({ healthy, problem }) {
        if (healthy) log.info(`${type} ${name} is healthy`)
        else log.warn(`${type} ${name} is unhealthy: ${problem}`)
        changed()
      },
    })
    return { subject, watcher, pinger }
  }
  const end = ({ watcher, pinger }: Watched) => {
    const ended = Promise.all([watcher?.stop(), pinger?.close()]).then(() => undefined)
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }
  return {
    watch(subjects) {
      const keys = new Set(subjects.map(keyOf))
      for (const [key, each] of watched) {
        if (keys.has(key)) continue
        watched.delete(key)
        end(each)
      }
      for (const subject of subjects) {
        const before = watched.get(keyOf(subject))
        if (before && isSame(before.subject, subject)) continue
        if (before) end(before)
        watched.set(keyOf(subject), begin(subject))
      }
    },
    report: () => ({
      apps: reportOf([...watched.values()], 'app'),
      databases: reportOf([...watched.values()], 'database'),
    }),
    async stop() {
      for (const each of watched.values()) end(each)
      watched.clear()
      await Promise.all(ending)
    },
  }
}

const keyOf = ({ type, name }: HealthSubject): string => `${type}/${name}`

const isSame = (one: HealthSubject, other: HealthSubject): boolean => asText(one) === asText(other)

const asText = ({ check, upstream, admin }: HealthSubject): string => JSON.stringify([check, upstream, admin])

const reportOf = (all: Watched[], type: HealthSubject['type']): ServiceHealth[] =>
  all.filter(({ subject }) => subject.type === type).map(healthOf)

function healthOf({ subject: { name, upstream }, watcher }: Watched): ServiceHealth {
  if (upstream === null) return { name, status: 'unhealthy', message: NOT_RUNNING }
  const { healthy, problem } = watcher?.judgement() ?? { healthy: null, problem: null }
  const status = healthy === null ? 'unknown' : healthy ? 'healthy' : 'unhealthy'
  return { name, status, message: healthy === false ? (problem?.slice(0, LONGEST_MESSAGE) ?? null) : null }
}
