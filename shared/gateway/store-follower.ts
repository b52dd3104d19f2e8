import type { Route } from '../domain/route-record.ts'
import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import { keepDoing } from '../lib/keep-doing.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import type { RouteChange } from './gateway.ts'

const ROUTES = 'routes/'
const MANY = 500
const HEAD_START_MS = 100

export interface StoreFollower {
  /** All routes that there are, once. Gives the revision at which that was so. */
  load(): Promise<void>
  /** Tells of every change since, whoever made it, until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void>
}

export interface StoreFollowerOptions {
  known: () => Iterable<string>
  /** Whether it has been told already. */
  knows: (key: string, version: number) => boolean
  tell: (changes: RouteChange[]) => void
  log: Log
}

/** Keeps the gateway's table at what the store says, also for what other fronts write. */
export function followStore(kv: Kv, { known, knows, tell, log }: StoreFollowerOptions): StoreFollower {
  let revision = 0

  const load = async () => {
    const gone = new Set(known())
    let first: number | null = null
    for (let after: string | null = ''; after !== null; ) {
      const page: Awaited<ReturnType<typeof kv.list<Route>>> = await kv.list<Route>(ROUTES, { after })
      first ??= page.revision
      tell(page.entries.map(({ key, value, version }) => ({ key, route: value, version })))
      for (const { key } of page.entries) gone.delete(key)
      after = page.next
    }
    revision = first ?? 0
    tell([...gone].map((key) => ({ key, route: null, version: revision })))
  }

  const watchOnce = async (signal: AbortSignal) => {
    for await (const set of kv.watch(ROUTES, { from: revision, signal })) {
      // Whoever committed it here tells of it in a moment, and then nothing of it has to be read.
      if (set.changes.length > MANY) await sleep(HEAD_START_MS, signal)
      const changes = set.changes.filter((change) => !knows(change.key, change.version))
      tell(
        changes.map((change) => {
          const route = change.deleted ? null : (change.value as unknown as Route)
          return { key: change.key, route, version: change.version }
        }),
      )
      revision = set.revision
    }
  }

  return {
    load,
    follow(signal) {
      let isBroken = false
      const once = async () => {
        if (isBroken) await load().catch(() => undefined)
        await watchOnce(signal)
      }
      const failed = (error: unknown) => {
        isBroken = true
        const isCompacted = error instanceof AppError && error.code === 'STORE_COMPACTED'
        if (!isCompacted) log.error('Could not follow the store: trying again', { error })
      }
      return keepDoing(once, { signal, failed })
    },
  }
}
