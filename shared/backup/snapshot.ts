import type { Change, ChangeSet, Entry, Json, Kv } from '../kv/kv.ts'
import { INTENTS, isLock } from '../kv/staged/intent.ts'

/** What a key shall be: later ones replace earlier ones. */
export type StoreRecord = { key: string; value: Json } | { key: string; deleted: true }

const MOST_AT_ONCE = 1_000
const FENCE = '~export-fence'

/**
 * All of the store at one revision, whoever writes meanwhile, in bounded memory: every page as it is when it is read, and
 * between them every change since the first, in order. Who applies them one after the other has the store at the last
 * revision; and that is one at which no staged commit was half done.
 *
 * It reads the engine itself, where a staged commit's locks can be seen: a locked key is told when it is plain again.
 */
export async function* snapshot(kv: Kv, { newId }: { newId: () => string }): AsyncGenerator<StoreRecord[]> {
  const stop = new AbortController()
  try {
    const { from, open } = await openIntents(kv)
    const changes = followChanges(kv, { from, open, signal: stop.signal })
    for (let after: string | null = ''; after !== null; ) {
      const page: { entries: Entry[]; next: string | null } = await kv.list('', { after })
      yield page.entries.flatMap(({ key, value }) => (isPlain(key, value) ? [{ key, value }] : []))
      after = page.next
      yield await changes.soFar()
    }
    const fence = await kv.commit([], [{ key: FENCE, value: newId() }])
    if (fence.ok) yield* changes.until(fence.revision)
  } finally {
    stop.abort()
  }
}

/** The staged commits that are under way, and a revision not later than that. */
async function openIntents(kv: Kv): Promise<{ from: number; open: Set<string> }> {
  const open = new Set<string>()
  let from: number | null = null
  for (let after: string | null = ''; after !== null; ) {
    const page: Awaited<ReturnType<Kv['list']>> = await kv.list(INTENTS, { after })
    from ??= page.revision
    for (const { key } of page.entries) if (isIntent(key)) open.add(key)
    after = page.next
  }
  return { from: from ?? 0, open }
}

interface FollowOptions {
  from: number
  /** Kept up to date. */
  open: Set<string>
  signal: AbortSignal
}

function followChanges(kv: Kv, { from, open, signal }: FollowOptions) {
  const sets = kv.watch('', { from, signal })[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<ChangeSet>> | null = null
  const pending = () => {
    next ??= sets.next()
    // Whoever stops here does not wait for it any more.
    next.catch(() => undefined)
    return next
  }

  const take = ({ value }: IteratorYieldResult<ChangeSet>): StoreRecord[] => {
    next = null
    for (const { key, deleted } of value.changes.filter(({ key }) => isIntent(key))) {
      if (deleted) open.delete(key)
      else open.add(key)
    }
    return value.changes.flatMap(toRecord)
  }

  return {
    /** Those that have come already. */
    async soFar(): Promise<StoreRecord[]> {
      const records: StoreRecord[] = []
      while (records.length < MOST_AT_ONCE) {
        const set = await Promise.race([pending(), nothingYet()])
        if (set === null || set.done) break
        records.push(...take(set))
      }
      return records
    },
    /** All to this revision, and on until no staged commit is under way. */
    async *until(revision: number): AsyncGenerator<StoreRecord[]> {
      for (let reached = false; !reached || open.size > 0; ) {
        const set = await pending()
        if (set.done) throw new Error('the store was closed in the middle of an export')
        reached ||= set.value.revision >= revision
        yield take(set)
      }
    },
  }
}

function toRecord(change: Change): StoreRecord[] {
  if (change.deleted) return change.key.startsWith('~') ? [] : [{ key: change.key, deleted: true }]
  return isPlain(change.key, change.value) ? [{ key: change.key, value: change.value }] : []
}

const isPlain = (key: string, value: Json) => !key.startsWith('~') && !isLock(value)
const isIntent = (key: string) => key.startsWith(INTENTS) && !key.slice(INTENTS.length).includes('/')
/** A turn of the event loop, in which what is there comes. */
const nothingYet = () => new Promise<null>((resolve) => setTimeout(() => resolve(null), 0))
