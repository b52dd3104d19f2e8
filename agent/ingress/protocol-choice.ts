/** By which protocol the front's next connection is spoken on. */
export interface ProtocolChoice {
  /** Of those that the front offers; `undefined`: none. */
  of(offered: string[]): string | undefined
  prefersHttp2(): boolean
  /** Where the front could have had HTTP/1.1 as well, or that cannot be told any more. */
  mayHaveChosen(): boolean
  /** An answer was so large that its connection takes no other ones besides. */
  wentAlone(): void
}

/** Where so many go alone within so long, they are no exception. */
const MOST_ALONE = 10
const WITHIN_MS = 60_000
const REST_MS = 600_000

interface ProtocolChoiceOptions {
  /** For how long a choice may be older than the connection. */
  handshakeMs: number
  /** From now on HTTP/1.1 is better. */
  changed(): void
}

/**
 * HTTP/2 costs the front and the ingress much less, since many requests share a write. But each large answer takes its
 * connection with it, and a new one costs a handshake: who has many of them gets HTTP/1.1 for a while.
 */
export function createProtocolChoice({ handshakeMs, changed }: ProtocolChoiceOptions): ProtocolChoice {
  let alone: number[] = []
  let changedAt = Number.NEGATIVE_INFINITY
  const prefersHttp2 = () => performance.now() >= changedAt + REST_MS

  return {
    of(offered) {
      const inOrder = prefersHttp2() ? ['h2', 'http/1.1'] : ['http/1.1', 'h2']
      return inOrder.find((each) => offered.includes(each))
    },
    prefersHttp2,
    mayHaveChosen: () => prefersHttp2() || performance.now() < changedAt + handshakeMs,
    wentAlone() {
      const now = performance.now()
      if (!prefersHttp2()) return
      alone = [...alone.filter((at) => at > now - WITHIN_MS), now]
      if (alone.length < MOST_ALONE) return
      alone = []
      changedAt = now
      changed()
    },
  }
}
