import type { BackendInput } from '../../domain/backend.ts'
import { allOfThem } from '../../lib/all-of-them.ts'
import { pollSnapshots } from '../polled-snapshots.ts'
import type { BackendProvider } from '../provider.ts'
import type { AskDns } from './ask-dns.ts'
import { lookUp } from './look-up.ts'
import type { WatchedName } from './watched-name.ts'

export interface DnsOptions {
  backends: WatchedName[]
  askDns: AskDns
  /** However short their time to live, names are not asked for more often. Default 1. */
  minTtlSeconds?: number
  /** However long it is, they are asked for again after this. Default 60. */
  maxTtlSeconds?: number
  now?: () => number
}

interface Name {
  watched: WatchedName
  backend: BackendInput | undefined
  /** Why it is not known what it has now. */
  problem: string | null
  /** So many times in a row there was no answer, or no record of something. */
  failures: number
  nextAtMs: number
}

/** A name that is gone for a moment, as while a zone is loaded, is not believed to be gone. */
const BELIEVED_AFTER = 3
const AT_ONCE = 8
/** Each question of a backend is given up long before. */
const TIMEOUT_MS = 30_000

/** Asks DNS again whenever what it said has run out. */
export function createDnsProvider(options: DnsOptions): BackendProvider {
  const { backends, askDns, minTtlSeconds = 1, maxTtlSeconds = 60, now = () => performance.now() } = options
  const names = backends.map((watched): Name => {
    return { watched, backend: undefined, problem: null, failures: 0, nextAtMs: Number.NEGATIVE_INFINITY }
  })
  const afterMs = (seconds: number) => Math.min(Math.max(seconds, minTtlSeconds), maxTtlSeconds) * 1_000

  const refresh = async (name: Name, signal: AbortSignal) => {
    const { watched, failures } = name
    let ttlSeconds = minTtlSeconds * 2 ** failures
    try {
      const found = await lookUp(watched, askDns, signal)
      name.failures = found.missing.length === 0 ? 0 : failures + 1
      name.problem = found.missing.length === 0 ? null : `there are no records for ${found.missing.join(', ')}`
      if (name.failures === 0) ttlSeconds = found.ttlSeconds
      if (name.failures === 0 || name.failures >= BELIEVED_AFTER) name.backend = found.backend
    } catch (error) {
      name.problem = error instanceof Error ? error.message : String(error)
      name.failures++
    }
    name.nextAtMs = now() + afterMs(ttlSeconds)
  }

  return pollSnapshots({
    timeoutMs: TIMEOUT_MS,
    intervalMs: () => Math.max(minTtlSeconds * 1_000, Math.min(...names.map(({ nextAtMs }) => nextAtMs)) - now()),
    async read(signal) {
      const due = names.filter(({ nextAtMs }) => nextAtMs <= now())
      await allOfThem(due, AT_ONCE, (name) => refresh(name, signal))
      const open = names.filter(({ problem }) => problem !== null)
      return {
        backends: names.flatMap(({ backend }) => backend ?? []),
        problems: open.map(({ watched, problem }) => `${watched.name}: ${problem}`),
        unclear: new Set(names.filter(({ backend }) => !backend).map(({ watched }) => watched.name)),
      }
    },
  })
}
