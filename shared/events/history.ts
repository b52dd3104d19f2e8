import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import { createGroups } from '../lib/groups.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import { type Place, watchFrom } from './place.ts'
import type { EventSet, StoreEvent } from './store-event.ts'
import { tellCommit } from './tell-commit.ts'

/** Somebody who has seen everything up to now, and hears of each commit in the moment in which it is seen here. */
export interface Listener {
  /** Only what is this agent's; `null`: everything. */
  owner: string | null
  /** `seenBefore` is the revision up to which there was nothing else to hear. */
  hear(set: EventSet, events: StoreEvent[], seenBefore: number): void
  /** What came after this revision is not told here: only the store may still know. */
  lost(seenBefore: number): void
}

export interface History {
  /** The revision up to which everything was told. */
  readonly seen: number
  /** What the store's revision is now, by its own word. */
  current(): Promise<number>
  /** Resolves when there is a past to ask for. */
  readonly begun: Promise<void>
  /** The first commit behind a place: `undefined` where there is none yet, `null` where only the store may know. */
  next(place: Place): EventSet | undefined | null
  join(listener: Listener): () => void
  /** Follows the store until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void>
}

export interface HistoryOptions {
  kv: Kv
  log: Log
  /** Of agents and tokens that changed: who was let in by them may have to go. */
  touched: (keys: string[]) => void
  /** Hears of everything first. */
  heard?: (set: EventSet) => void
  /** How much is remembered, so that who comes back soon needs nothing of the store. */
  keptEvents?: number
  /** How far back it begins: after a restart all readers come back at once. */
  headStartRevisions?: number
}

/** A bulk has up to 10,000 events. */
const KEPT_EVENTS = 12_000
const HEAD_START_REVISIONS = 1_000
/** Telling readers may take this part of the time: with many of them, what happens is told some tenths of a second later. */
const SHARE = 16
const FREE_MS = 2
const LONGEST_DELAY_MS = 1_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/** One watch of the store for all readers, and the newest of what it told. */
export function createHistory({
  kv,
  log,
  touched,
  heard = () => undefined,
  keptEvents = KEPT_EVENTS,
  headStartRevisions = HEAD_START_REVISIONS,
}: HistoryOptions): History {
  const kept: EventSet[] = []
  const listeners = createGroups<string | null, Listener>()
  const waiting: EventSet[] = []
  let isDistributing = false
  let keptCount = 0
  /** What came after it is kept. */
  let start = Number.POSITIVE_INFINITY
  let seen = Number.POSITIVE_INFINITY
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()

  const keep = (set: EventSet) => {
    kept.push(set)
    keptCount += set.events.length
    while (keptCount > keptEvents) {
      const oldest = kept.shift() as EventSet
      keptCount -= oldest.events.length
      start = oldest.revision
    }
  }

  const publish = (set: EventSet) => {
    const seenBefore = seen
    seen = set.revision
    if (set.events.length > 0) {
      keep(set)
      heard(set)
      for (const listener of listeners.of(null)) listener.hear(set, set.events, seenBefore)
      for (const [owner, events] of Map.groupBy(set.events, (event) => event.owner)) {
        if (owner === null) continue
        for (const listener of listeners.of(owner)) listener.hear(set, events, seenBefore)
      }
    }
    if (set.touched.length > 0) touched(set.touched)
  }

  /** Everything in its order, and together what came meanwhile: so each reader is woken once for all of it. */
  const distribute = async () => {
    while (waiting.length > 0) {
      const startedMs = performance.now()
      for (const set of waiting.splice(0)) publish(set)
      // What readers are sent is written before this comes back.
      await sleep(0)
      const tookMs = performance.now() - startedMs
      if (tookMs > FREE_MS) await sleep(Math.min(tookMs * (SHARE - 1), LONGEST_DELAY_MS))
    }
    isDistributing = false
  }

  const take = (set: EventSet) => {
    waiting.push(set)
    if (isDistributing) return
    isDistributing = true
    void distribute()
  }

  const beginAt = (revision: number) => {
    kept.length = 0
    keptCount = 0
    start = revision
    seen = revision
    begin()
  }

  const current = async () => (await kv.list('meta/', { limit: 1 })).revision

  const beginAnew = async () => {
    for (const set of waiting.splice(0)) publish(set)
    const seenBefore = seen
    beginAt(await current())
    for (const listener of listeners.all()) listener.lost(seenBefore)
  }

  const watchOnce = async (signal: AbortSignal) => {
    if (start === Number.POSITIVE_INFINITY) beginAt(Math.max(0, (await current()) - headStartRevisions))
    for await (const set of kv.watch('', { from: waiting.at(-1)?.revision ?? seen, signal })) take(tellCommit(set))
  }

  return {
    get seen() {
      return seen
    },
    current,
    begun,
    next(place) {
      const from = watchFrom(place)
      return from < start ? null : kept[firstAfter(kept, from)]
    },
    join: (listener) => listeners.add(listener.owner, listener),
    async follow(signal) {
      for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const seenBefore = seen
        try {
          await watchOnce(signal)
        } catch (error) {
          if (signal.aborted) return
          if (error instanceof AppError && error.code === 'STORE_COMPACTED') await beginAnew().catch(() => undefined)
          else log.error('Could not follow the store for events: trying again', { error })
        }
        if (seen !== seenBefore) pauseMs = FIRST_PAUSE_MS
        await sleep(pauseMs, signal)
      }
    },
  }
}

/** Where the first is that is later, by halves: they are in their order. */
function firstAfter(sets: readonly EventSet[], revision: number): number {
  let [low, high] = [0, sets.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sets[middle] as EventSet).revision > revision) high = middle
    else low = middle + 1
  }
  return low
}
