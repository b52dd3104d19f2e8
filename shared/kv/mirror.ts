import { AppError } from '../errors.ts'
import { keepDoing } from '../lib/keep-doing.ts'
import type { Log } from '../log/log.ts'
import type { Json, Kv } from './kv.ts'
import { listAll } from './list-all.ts'

/** What the store has under a prefix, in memory, whoever writes it. */
export interface Mirror<T> {
  load(): Promise<void>
  /** Goes on with it until the signal is aborted, and tells what has come, changed or gone. */
  follow(signal: AbortSignal, tell: (names: string[]) => void): Promise<void>
  readonly all: ReadonlyMap<string, T>
  /** What this process has just written, before the store tells of it; `null`: it is gone. */
  put(name: string, value: T | null): void
}

export interface MirrorOptions<V extends Json, T> {
  kv: Kv
  prefix: string
  /** What is remembered of a value. */
  pick: (value: V, version: number) => T
  /** Under which name. Default: the key without the prefix. */
  nameOf?: (key: string) => string
  /** For the log. */
  what: string
  log: Log
}

export function mirrorOf<V extends Json, T>(options: MirrorOptions<V, T>): Mirror<T> {
  const { kv, prefix, pick, what, log } = options
  const nameOf = options.nameOf ?? ((key) => key.slice(prefix.length))
  let all = new Map<string, T>()
  let revision = 0

  const load = async () => {
    const { revision: since } = await kv.list(prefix, { limit: 1 })
    const found = new Map<string, T>()
    for await (const { key, value, version } of listAll<V>(kv, prefix)) found.set(nameOf(key), pick(value, version))
    all = found
    revision = since
  }

  const watchOnce = async (signal: AbortSignal, tell: (names: string[]) => void) => {
    for await (const set of kv.watch(prefix, { from: revision, signal })) {
      for (const change of set.changes) {
        if (change.deleted) all.delete(nameOf(change.key))
        else all.set(nameOf(change.key), pick(change.value as V, change.version))
      }
      revision = set.revision
      tell(set.changes.map(({ key }) => nameOf(key)))
    }
  }

  return {
    load,

    follow(signal, tell) {
      let isBroken = false
      const again = async () => {
        const before = all
        await load()
        tell([...new Set([...before.keys(), ...all.keys()])])
      }
      const once = async () => {
        if (isBroken) await again()
        isBroken = false
        await watchOnce(signal, tell)
      }
      const failed = (error: unknown) => {
        isBroken = true
        const isCompacted = error instanceof AppError && error.code === 'STORE_COMPACTED'
        if (!isCompacted) log.error(`Could not follow ${what}: trying again`, { error })
      }
      return keepDoing(once, { signal, failed })
    },

    put(name, value) {
      if (value === null) all.delete(name)
      else all.set(name, value)
    },

    get all() {
      return all
    },
  }
}
