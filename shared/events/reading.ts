import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import { joinBytes } from '../lib/join-bytes.ts'
import type { Log } from '../log/log.ts'
import { type Audience, kindOf, sees } from './audience.ts'
import type { History, Listener } from './history.ts'
import { behind, formatPlace, isBefore, type Place, watchFrom } from './place.ts'
import type { Slots } from './slots.ts'
import type { EventSet, StoreEvent } from './store-event.ts'
import { tellCommit } from './tell-commit.ts'
import type { Bytes, Moment, Wording } from './wording.ts'

/** Where it is written to: the answer to the one who reads. */
export interface Sink {
  readonly signal: AbortSignal
  send(block: Bytes): void
  /** Whether little waits to be read. */
  readonly hasRoom: boolean
  /** Resolves once it has. */
  room(): Promise<void>
  end(why: string): void
}

export interface ReadingOptions {
  kv: Kv
  history: History
  slots: Slots
  wording: Wording
  log: Log
  audience: Audience
  from: Place
  sink: Sink
}

export interface Reading {
  /** Up to where everything was sent. */
  readonly place: Place
  /** What is its own, of one kind; `block` is all of it together. */
  tell(moments: readonly Moment[], block: Bytes): void
  /** Sends what is behind the place, first out of the history, then as it happens. Ends with the sink. */
  run(): Promise<void>
}

/** What changes so much at once is read out of the history at the reader's pace. */
const MANY = 500
/** How many moments wait for a reader who is still behind. */
const MOST_MOMENTS = 1_000
/** How long one may read what is behind, before others have their turn. */
const TURN_MS = 20_000
const TOO_SLOW = 'you read slowly: come back with Last-Event-ID for the rest'
/** Who reads the store and finds nothing lets others read. */
const IDLE_MS = 1_000

export function createReading(options: ReadingOptions): Reading {
  const { kv, history, slots, wording, log, audience, sink } = options
  const moments = new Map<string, Moment>()
  let place = options.from
  let isLive = false

  const moveTo = (further: Place) => {
    if (isBefore(place, further)) place = further
  }

  const send = (event: StoreEvent) => {
    if (isBefore(place, event.place) && sees(audience, event)) sink.send(wording.event(event))
  }

  const passOn = async ({ revision, events }: EventSet) => {
    for (const event of events) {
      if (sink.signal.aborted) return
      send(event)
      moveTo(event.place)
      await sink.room()
    }
    moveTo(behind(revision))
  }

  const reset = (revision: number) => {
    place = behind(revision)
    sink.send(wording.reset(formatPlace(place)))
  }

  /** Until what comes next is remembered here. Nobody's turn lasts, however slowly they read. */
  const readStore = async () => {
    const endTurn = await slots.take()
    const late = setTimeout(sink.end, TURN_MS, TOO_SLOW)
    let idle = setTimeout(endTurn, IDLE_MS)
    try {
      for await (const set of kv.watch('', { from: watchFrom(place), signal: sink.signal })) {
        clearTimeout(idle)
        await passOn(tellCommit(set))
        if (history.next(place) !== null) return
        idle = setTimeout(() => {
          clearTimeout(late)
          endTurn()
        }, IDLE_MS)
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'STORE_COMPACTED') throw error
      reset(await history.current())
    } finally {
      clearTimeout(idle)
      clearTimeout(late)
      endTurn()
    }
  }

  /** Resolves when it has fallen behind, or the sink is over. */
  const listen = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = () => {
        leave()
        isLive = false
        sink.signal.removeEventListener('abort', stop)
        resolve()
      }
      const listener: Listener = {
        owner: audience.owner,
        hear({ revision }, events, seenBefore) {
          if (events.length > MANY || !sink.hasRoom) return listener.lost(seenBefore)
          for (const event of events) send(event)
          moveTo(behind(revision))
        },
        lost(seenBefore) {
          moveTo(behind(seenBefore))
          stop()
        },
      }
      const leave = history.join(listener)
      isLive = true
      if (moments.size > 0) sink.send(joinBytes([...moments.values()].map(({ block }) => block)))
      moments.clear()
      sink.signal.addEventListener('abort', stop, { once: true })
      if (sink.signal.aborted) stop()
    })

  const step = async () => {
    const set = history.next(place)
    if (set === null) return readStore()
    if (set === undefined) return listen()
    // What is behind keeps in memory what others have read.
    const late = setTimeout(sink.end, TURN_MS, TOO_SLOW)
    await passOn(set)
    clearTimeout(late)
  }

  return {
    get place() {
      const seen = behind(history.seen)
      return isLive && isBefore(place, seen) ? seen : place
    },
    tell(news, block) {
      const [first] = news
      if (!first || !audience.kinds.has(kindOf(first.name))) return
      if (isLive) return sink.send(block)
      for (const moment of news) if (moments.size < MOST_MOMENTS) moments.set(moment.of, moment)
    },
    async run() {
      try {
        await Promise.race([history.begun, aborted(sink.signal)])
        while (!sink.signal.aborted) await step()
      } catch (error) {
        log.error('A stream of events broke off', { error })
        sink.end('the front cannot read its store: come back with Last-Event-ID')
      }
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
