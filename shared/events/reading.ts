import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
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
  /** Resolves once little waits to be read. */
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
  tell(moment: Moment): void
  /** Sends what is behind the place, first out of the history, then as it happens. Ends with the sink. */
  run(): Promise<void>
}

/** What changes so much at once is read out of the history at the reader's pace. */
const MANY = 500
/** How many moments wait for a reader who is still behind. */
const MOST_MOMENTS = 10_000
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

  /** Until what comes next is remembered here. */
  const readStore = async () => {
    const endTurn = await slots.take()
    let idle = setTimeout(endTurn, IDLE_MS)
    try {
      for await (const set of kv.watch('', { from: watchFrom(place), signal: sink.signal })) {
        clearTimeout(idle)
        await passOn(tellCommit(set))
        if (history.after(place) !== null) return
        idle = setTimeout(endTurn, IDLE_MS)
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'STORE_COMPACTED') throw error
      reset(await history.current())
    } finally {
      clearTimeout(idle)
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
          if (events.length > MANY) return listener.lost(seenBefore)
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
      for (const moment of moments.values()) sink.send(moment.block)
      moments.clear()
      sink.signal.addEventListener('abort', stop, { once: true })
      if (sink.signal.aborted) stop()
    })

  const step = async () => {
    const sets = history.after(place)
    if (sets === null) return readStore()
    if (sets.length === 0) return listen()
    for (const set of sets) await passOn(set)
  }

  return {
    get place() {
      const seen = behind(history.seen)
      return isLive && isBefore(place, seen) ? seen : place
    },
    tell(moment) {
      if (audience.owner !== null && audience.owner !== moment.owner) return
      if (!audience.kinds.has(kindOf(moment.name))) return
      if (isLive) sink.send(moment.block)
      else if (moments.size < MOST_MOMENTS) moments.set(moment.of, moment)
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
