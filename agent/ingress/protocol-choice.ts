import type { Limits } from './limits.ts'

/** By which protocol the front's next connection is spoken on. */
export interface ProtocolChoice {
  /** Of those that the front offers; `undefined`: none. */
  of(offered: string[]): string | undefined
  prefersHttp2(): boolean
  /** It may be that the front could have had HTTP/1.1 as well. */
  mayHaveChosen(): boolean
  /** A request has come. */
  asked(): void
  /** An answer was so large that its connection takes no others any more. */
  wentAlone(): void
}

/** Below that there are few again. */
const CALM_SHARE = 0.7
/** Of the event loop, that the average is over. */
const TURNS = 1_000
const DWELL_MS = 2_000
/** A connection costs what is gained by so many requests. */
const REQUESTS_A_CONNECTION = 200
const MOST_CREDIT = 20
const REST_MS = 60_000

interface ProtocolChoiceOptions {
  limits: Limits
  /** From now on HTTP/1.1 is better. */
  calmed(): void
}

/**
 * Where many requests come at once, HTTP/2 costs the front and the ingress much less, since they share a write; where few
 * do, it costs more, since both sides also tell each other how much they may say. And each large answer takes a connection
 * with it: who has many of them gets HTTP/1.1 for a while.
 */
export function createProtocolChoice({ limits, calmed }: ProtocolChoiceOptions): ProtocolChoice {
  let isPreferred = limits.manyAtOnce <= 1
  let changedAt = Number.NEGATIVE_INFINITY
  let restsUntil = Number.NEGATIVE_INFINITY
  let [inTurn, average] = [0, 1]
  let credit = MOST_CREDIT

  const prefer = (http2: boolean) => {
    isPreferred = http2
    changedAt = performance.now()
    if (!http2) calmed()
  }
  const endTurn = () => {
    average += (Math.min(inTurn, 4 * limits.manyAtOnce) - average) / TURNS
    inTurn = 0
    const isWanted = average >= limits.manyAtOnce * (isPreferred ? CALM_SHARE : 1)
    if (isWanted === isPreferred) return
    const now = performance.now()
    if (now >= changedAt + DWELL_MS && (now >= restsUntil || !isWanted)) prefer(isWanted)
  }

  return {
    of(offered) {
      const inOrder = isPreferred ? ['h2', 'http/1.1'] : ['http/1.1', 'h2']
      return inOrder.find((each) => offered.includes(each))
    },
    prefersHttp2: () => isPreferred,
    mayHaveChosen: () => isPreferred || performance.now() < changedAt + limits.handshakeMs,
    asked() {
      credit = Math.min(credit + 1 / REQUESTS_A_CONNECTION, MOST_CREDIT)
      if (inTurn++ === 0) setImmediate(endTurn)
    },
    wentAlone() {
      credit = Math.max(credit - 1, -1)
      if (credit >= 0 || !isPreferred) return
      restsUntil = performance.now() + REST_MS
      prefer(false)
    },
  }
}
