import { AppError } from '../errors.ts'
import type { Json, Kv } from '../kv/kv.ts'
import { keepDoing } from '../lib/keep-doing.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'

const MANY = 500
const HEAD_START_MS = 100

export interface StoreFollower {
  /** All that there is, once. */
  load(): Promise<void>
  /** Tells of every change since, whoever made it, until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void>
}

/** What the store has under a key since this revision; `null`: it is gone. */
interface Stored<T extends Json> {
  key: string
  value: T | null
  version: number
}

export interface StoreFollowerOptions<T extends Json> {
  prefix: string
  known: () => Iterable<string>
  /** Whether it has been told already. */
  knows: (key: string, version: number) => boolean
  tell: (changes: Stored<T>[]) => void
  log: Log
}

/** Keeps what the gateway has in memory at what the store says, also for what other fronts write. */
export function followStore<T extends Json>(
  kv: Kv,
  { prefix, known, knows, tell, log }: StoreFollowerOptions<T>,
): StoreFollower {
  let revision = 0

  const load = async () => {
    const gone = new Set(known())
    let first: number | null = null
    for (let after: string | null = ''; after !== null; ) {
      const page: Awaited<ReturnType<typeof kv.list<T>>> = await kv.list<T>(prefix, { after })
      first ??= page.revision
      tell(page.entries)
      for (const { key } of page.entries) gone.delete(key)
      after = page.next
    }
    revision = first ?? 0
    tell([...gone].map((key) => ({ key, value: null, version: revision })))
  }

  const watchOnce = async (signal: AbortSignal) => {
    for await (const set of kv.watch(prefix, { from: revision, signal })) {
      // Whoever committed it here tells of it in a moment, and then nothing of it has to be read.
      if (set.changes.length > MANY) await sleep(HEAD_START_MS, signal)
      const changes = set.changes.filter((change) => !knows(change.key, change.version))
      tell(
        changes.map((change) => {
          const value = change.deleted ? null : (change.value as T)
          return { key: change.key, value, version: change.version }
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
