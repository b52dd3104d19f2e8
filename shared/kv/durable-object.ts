import { AppError, type ErrorCode } from '../errors.ts'
import { readLines } from '../lib/read-lines.ts'
import type { ChangeSet, Check, CommitResult, Entry, Json, Kv, ListOptions, Page, Write } from './kv.ts'
import { assertCommit, encodeValue } from './limits.ts'

/** The calls that the object answers. Values cross as JSON text: what crosses as objects is cloned property by property. */
export interface StoreStub {
  get(key: string): Promise<Entry | null>
  list(prefix: string, options: ListOptions): Promise<Page>
  commit(checks: Check[], writes: Write[]): Promise<CommitResult>
  /** A `WatchLine` a line. */
  watch(prefix: string, from: number): Promise<ReadableStream<Uint8Array>>
}

/** Errors lose their class on the way between worker and object, so the stream carries their code. */
export type WatchLine = ChangeSet | { error: { code: ErrorCode; message: string } }

/** One call may carry 32 MiB; these leave room. */
export const DURABLE_OBJECT_LIMITS = { maxOperations: 2_000, maxCommitBytes: 16 * 1024 * 1024 }

/**
 * The worker's side of the store that a Durable Object keeps.
 * A stub belongs to the request that made it, so each call asks for one.
 */
export function durableObjectKv(stub: () => StoreStub): Kv {
  const closing = new AbortController()
  return {
    ...DURABLE_OBJECT_LIMITS,
    get: <T extends Json>(key: string) => stub().get(key) as Promise<Entry<T> | null>,
    list: <T extends Json>(prefix: string, options: ListOptions = {}) =>
      stub().list(prefix, options) as Promise<Page<T>>,
    async commit(checks, writes) {
      assertCommit(DURABLE_OBJECT_LIMITS, checks, writes)
      for (const write of writes) if (!('delete' in write)) encodeValue(write.value)
      return stub().commit(checks, writes)
    },
    async *watch(prefix, { from, signal }) {
      const ended = AbortSignal.any([signal, closing.signal])
      if (ended.aborted) return
      for await (const line of readLines(await stub().watch(prefix, from), ended)) {
        // An empty line only shows that the object still lives.
        if (line === '') continue
        const said: WatchLine = JSON.parse(line)
        if ('error' in said) throw new AppError(said.error.code, said.error.message)
        yield said
      }
    },
    async close() {
      closing.abort()
    },
  }
}
