/** The agent's token, and its key, with which it gets another. */
export interface Session {
  /** One that is good for a while yet. */
  token(signal: AbortSignal | undefined): Promise<string>
  /** The front does not take it any more, whatever was said of its time. */
  refuse(token: string): void
  /** What came with another answer. */
  adopt(answer: TokenAnswer): void
  agentKey: string
}

interface TokenAnswer {
  token: string
  expiresIn: number
}

interface SessionOptions {
  agentKey: string
  /** Asks for a token with the key. It is not ended by a caller that goes away: others wait for it too. */
  authenticate(agentKey: string): Promise<TokenAnswer>
  now: () => number
  random: () => number
}

/** In parts of its time: early enough that a front which is away for a while ends nothing, and not with all others. */
const RENEWED_AFTER = 0.7
const SPREAD = 0.15

export function createSession({ authenticate, now, random, ...options }: SessionOptions): Session {
  let current: { token: string; renewAtMs: number; expiresAtMs: number } | null = null
  let renewing: Promise<string> | null = null

  const adopt = ({ token, expiresIn }: TokenAnswer) => {
    const lifeMs = expiresIn * 1000
    const renewAtMs = now() + lifeMs * (RENEWED_AFTER + SPREAD * random())
    current = { token, renewAtMs, expiresAtMs: now() + lifeMs }
    return token
  }
  const renew = (): Promise<string> => {
    renewing ??= authenticate(session.agentKey)
      .then(adopt)
      .finally(() => {
        renewing = null
      })
    return renewing
  }
  const session: Session = {
    agentKey: options.agentKey,
    adopt,
    refuse(token) {
      if (current?.token === token) current = null
    },
    async token(signal) {
      if (current && now() < current.renewAtMs) return current.token
      const [before, renewed] = [current, renew()]
      if (!before || now() >= before.expiresAtMs) return orAborted(renewed, signal)
      // The old one is good yet: nobody waits for the new one, and a front that fails meanwhile changes nothing.
      renewed.catch(() => undefined)
      return before.token
    },
  }
  return session
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  work.catch(() => undefined)
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', abort))
}
