/**
 * The store of what was accepted: a sorted map of JSON values with one revision for the whole store.
 *
 * Keys are printable ASCII, so that byte order, JavaScript's order and SQL's order are the same.
 * Each commit that writes takes the next revision, and a key's version is the revision of its last write.
 */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

export interface Entry<T extends Json = Json> {
  key: string
  value: T
  version: number
}

/** What must still be true for a commit to happen: the key has this version, or (`null`) it is absent. */
export interface Check {
  key: string
  version: number | null
}

export type Write = { key: string; value: Json; expiresInSeconds?: number } | { key: string; delete: true }

/** `revision` is the store's after the commit; a commit whose checks did not hold has written nothing. */
export type CommitResult = { ok: true; revision: number } | { ok: false }

export interface ListOptions {
  /** Only keys after this one. */
  after?: string
  /** At most this many. Default and highest: 1,000. */
  limit?: number
}

export interface Page<T extends Json = Json> {
  entries: Entry<T>[]
  /** Pass it as `after` to go on; `null` at the end. */
  next: string | null
  /** The store's revision when the page was read: watch from here to miss nothing. */
  revision: number
}

/** A deleted key went away by a delete or by its expiry. */
export type Change =
  | { key: string; deleted: false; value: Json; version: number }
  | { key: string; deleted: true; version: number }

/** All that one commit changed under the watched prefix. */
export interface ChangeSet {
  revision: number
  changes: Change[]
}

export interface WatchOptions {
  /** The revision that the caller knows already, from a page or a change set: what came after it is reported. */
  from: number
  signal: AbortSignal
}

export interface Kv {
  /** How many checks, and how many writes, one commit may have. */
  readonly maxOperations: number
  /** How many bytes the keys and values of one commit may have together, as JSON. */
  readonly maxCommitBytes: number
  get<T extends Json>(key: string): Promise<Entry<T> | null>
  /** In key order. */
  list<T extends Json>(prefix: string, options?: ListOptions): Promise<Page<T>>
  /** All checks hold and all writes happen, or nothing does. A key may be written once in a commit. */
  commit(checks: Check[], writes: Write[]): Promise<CommitResult>
  /**
   * Every change under the prefix, in order, each commit's together.
   * Throws STORE_COMPACTED where the store does not remember that far back: list again, and watch from there.
   * Ends without an error when the signal is aborted or the store is closed.
   */
  watch(prefix: string, options: WatchOptions): AsyncIterable<ChangeSet>
  close(): Promise<void>
}
