import type { Gateway } from '../gateway/gateway.ts'
import type { AccessTokens } from '../identity/access-tokens.ts'
import type { Agents } from '../identity/agents.ts'
import type { Principal } from '../identity/principal.ts'
import type { Kv } from '../kv/kv.ts'
import { createGroups } from '../lib/groups.ts'
import { joinBytes } from '../lib/join-bytes.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import type { Audience, EventKind } from './audience.ts'
import { createLastingAccess } from './lasting-access.ts'
import { behind, formatPlace, type Place } from './place.ts'
import { createReading, type Reading, type Sink } from './reading.ts'
import { createSeats, SEATS, type SeatLimits } from './seats.ts'
import { createSlots } from './slots.ts'
import { createSource, type Memory, type Source } from './source.ts'
import { type Moment, type Wording, wordedOnce } from './wording.ts'

interface Asked {
  principal: Principal
  /** Only what is this agent's; `null`: everything. */
  owner: string | null
  kinds: ReadonlySet<EventKind>
  /** `null`: from now on. */
  from: Place | null
  /** It comes through HAProxy, whose worker does not end before it does. */
  isThroughHaproxy: boolean
}

/** Who may read, where the reading begins, and what ends the right to it. */
interface Admission {
  principal: Principal
  audience: Audience
  place: Place
  /** The store knows nothing of the place that was asked for. */
  isLost: boolean
  isThroughHaproxy: boolean
  leave(): void
}

export interface Events {
  /** After how long a quiet stream shows that it lives. */
  readonly beatMs: number
  /** Throws where too many read already. Whoever is admitted must read. */
  admit(asked: Asked): Promise<Admission>
  /** Sends what comes, until the sink is over. */
  read(admission: Admission, sink: Sink): Reading
  /** Takes one of the places for streams of another kind, and ends the stream when that may last no longer. */
  stay(principal: Principal, options: { isThroughHaproxy: boolean }): (sink: Visitor['sink']) => void
  /** Streams of every kind. */
  readonly open: number
  /** Ends all streams: the front stops. */
  close(): void
}

/** What differs from platform to platform. */
export interface EventsTuning {
  /** What one request opens another may not use, as in a worker: then each reader has a watch of its own. */
  isApart?: boolean
  seats?: Partial<SeatLimits>
  memory?: Memory
  beatMs?: number
}

interface EventsOptions extends EventsTuning {
  kv: Kv
  log: Log
  now: () => number
  agents: Pick<Agents, 'find' | 'registeredAt'>
  tokens: Pick<AccessTokens, 'get'>
  gateway: Gateway
  wording: Wording
}

interface Reader {
  reading: Reading
  kinds: ReadonlySet<EventKind>
  sink: Sink
  isThroughHaproxy: boolean
}

/** A stream of another kind than of events. */
interface Visitor {
  sink: Pick<Sink, 'signal' | 'end'>
  isThroughHaproxy: boolean
}

/** Well under the time after which HAProxy, or a proxy before it, takes a quiet connection for dead. */
const BEAT_MS = 15_000
/** How many read the store's old history at a time. */
const READ_STORE_AT_ONCE = 4
/** Within so long after a reload streams come back through the new worker, not all at once. */
const COME_BACK_MS = 5_000
const RELOADED = 'HAProxy was reloaded: come back with Last-Event-ID'
const STOPPING = 'the front stops: come back with Last-Event-ID'

export function createEvents(options: EventsOptions): Events {
  const { kv, log, agents, isApart = false, beatMs = BEAT_MS } = options
  const wording = wordedOnce(options.wording)
  const access = createLastingAccess(options)
  const seats = createSeats({ ...SEATS, ...options.seats })
  const slots = createSlots(READ_STORE_AT_ONCE)
  const closing = new AbortController()
  const readers = createGroups<string | null, Reader>()
  const visitors = new Set<Visitor>()

  const reloaded = () => {
    for (const { isThroughHaproxy, sink } of [...readers.all(), ...visitors]) {
      if (isThroughHaproxy) void sleep(Math.random() * COME_BACK_MS, sink.signal).then(() => sink.end(RELOADED))
    }
  }
  const parts = { ...options, wording, reloaded, touched: access.touched }

  let one: Source | undefined
  const shared = (): Source => {
    if (one) return one
    const tell = (moments: Moment[]) => {
      tellTo(readers.of(null), moments)
      for (const [owner, own] of Map.groupBy(moments, (moment) => moment.owner)) {
        if (owner !== null) tellTo(readers.of(owner), own)
      }
    }
    // Who came through HAProxy has to hear of its reloads.
    const ofVisitors = () => ([...visitors].some(({ isThroughHaproxy }) => isThroughHaproxy) ? ['node' as const] : [])
    const wanted = () => new Set([...readers.all().flatMap(({ kinds }) => [...kinds]), ...ofVisitors()])
    one = createSource({ ...parts, owner: null, tell, wanted, isForOne: false })
    void one.follow(closing.signal)
    return one
  }

  const ofItsOwn = ({ owner, kinds }: Audience, tell: (moments: Moment[]) => void, signal: AbortSignal): Source => {
    const source = createSource({ ...parts, owner, tell, wanted: () => kinds, isForOne: true })
    void source.follow(signal)
    return source
  }

  return {
    beatMs,

    async admit({ principal, owner, kinds, from, isThroughHaproxy }) {
      // So that it has begun when the reading does.
      if (!isApart) shared()
      const sinceRevision = principal.kind === 'agent' ? await agents.registeredAt(principal.agentId) : 0
      const now = behind((await kv.list('meta/', { limit: 1 })).revision)
      const isLost = from !== null && from.revision > now.revision
      const place = from === null || isLost ? now : from
      const audience = { owner, kinds, sinceRevision }
      return { principal, audience, place, isLost, isThroughHaproxy, leave: seats.take(principal) }
    },

    read({ principal, audience, place: from, isLost, isThroughHaproxy, leave }, sink) {
      const tell = (moments: Moment[]) => tellTo([{ reading }], ownOf(audience, moments))
      const { history } = isApart ? ofItsOwn(audience, tell, sink.signal) : shared()
      const reading: Reading = createReading({ kv, log, slots, wording, history, audience, from, sink })
      const out = readers.add(audience.owner, { reading, kinds: audience.kinds, sink, isThroughHaproxy })
      const gone = () => {
        out()
        leave()
      }
      sink.signal.addEventListener('abort', gone, { once: true })
      access.watch(principal, sink.signal, sink.end)
      if (closing.signal.aborted) sink.end(STOPPING)
      if (isLost) sink.send(wording.reset(formatPlace(from)))
      void reading.run()
      return reading
    },

    stay(principal, { isThroughHaproxy }) {
      const leave = seats.take(principal)
      return (sink) => {
        if (!isApart) shared()
        const visitor: Visitor = { sink, isThroughHaproxy }
        visitors.add(visitor)
        const gone = () => {
          visitors.delete(visitor)
          leave()
        }
        sink.signal.addEventListener('abort', gone, { once: true })
        access.watch(principal, sink.signal, sink.end)
        if (closing.signal.aborted) sink.end(STOPPING)
      }
    },

    get open() {
      return seats.taken
    },

    close() {
      closing.abort()
      for (const { sink } of [...readers.all(), ...visitors]) sink.end(STOPPING)
    },
  }
}

/** All get the same bytes. */
function tellTo(readers: readonly { reading: Reading }[], moments: Moment[]): void {
  if (readers.length === 0 || moments.length === 0) return
  const block = joinBytes(moments.map((moment) => moment.block))
  for (const { reading } of readers) reading.tell(moments, block)
}

const ownOf = ({ owner }: Audience, moments: Moment[]): Moment[] =>
  owner === null ? moments : moments.filter((moment) => moment.owner === owner)
