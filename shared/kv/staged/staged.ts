import type { ChangeSet, Check, CommitResult, Json, Kv, Write } from '../kv.ts'
import { assertCommit, encodeValue, MAX_KEY_LENGTH, MAX_VALUE_BYTES } from '../limits.ts'
import { recover } from './finish.ts'
import { INTENTS, isLock, resolve, resolveAll } from './intent.ts'
import { stage } from './stage.ts'

export interface StagedKvOptions {
  now?: () => number
  newId?: () => string
}

export interface StagedKv extends Kv {
  /** Finishes or undoes what a process left behind that died while it staged. Says how many there were. */
  recover(): Promise<number>
}

const LIMITS = { maxOperations: 1_000_000, maxCommitBytes: Number.MAX_SAFE_INTEGER }

/**
 * The same store, with commits of any size, whatever the engine takes at once.
 *
 * What is too large is staged in parts: each part locks its keys, with their old and new values side by side, under an
 * intent that nobody believes yet; one small commit makes the intent true for all of them; then the keys are made plain.
 * Locked keys must not have an expiry, and a blind write over a locked key counts as later than the staged commit.
 */
export function stagedKv(
  kv: Kv,
  { now = Date.now, newId = () => crypto.randomUUID() }: StagedKvOptions = {},
): StagedKv {
  return {
    ...LIMITS,
    async get<T extends Json>(key: string) {
      const entry = await kv.get(key)
      return entry && resolve<T>(kv, entry)
    },
    async list<T extends Json>(prefix: string, options = {}) {
      const page = await kv.list(prefix, options)
      return {
        ...page,
        entries: await resolveAll<T>(
          kv,
          page.entries.filter(({ key }) => !key.startsWith(INTENTS)),
        ),
      }
    },
    async commit(checks, writes): Promise<CommitResult> {
      if (fits(kv, checks, writes)) return kv.commit(checks, writes)
      assertCommit(LIMITS, checks, writes)
      return stage(kv, { id: newId(), checks, writes, now })
    },
    async *watch(prefix, options) {
      for await (const set of kv.watch(prefix, options)) {
        const changes = set.changes.filter(isVisible)
        if (changes.length > 0) yield { ...set, changes }
      }
    },
    recover: () => recover(kv, now()),
    close: () => kv.close(),
  }
}

/** Locks tell nothing yet: the plain values that follow them do. */
const isVisible = (change: ChangeSet['changes'][number]) =>
  !change.key.startsWith(INTENTS) && (change.deleted || !isLock(change.value))

function fits({ maxOperations, maxCommitBytes }: Kv, checks: Check[], writes: Write[]): boolean {
  if (Math.max(checks.length, writes.length) > maxOperations) return false
  if (writes.length * (MAX_KEY_LENGTH + MAX_VALUE_BYTES) <= maxCommitBytes) return true
  return writes.reduce((bytes, write) => bytes + sizeOf(write), 0) <= maxCommitBytes
}

const sizeOf = (write: Write) => write.key.length + ('delete' in write ? 0 : encodeValue(write.value).length)
