/** When a signing key does what. */
export interface KeyTimes {
  madeAtMs: number
  /** Some time after it was made: by then every front and every reader of the JWKS knows it. */
  signsFromMs: number
}

const ROTATE_EVERY_MS = 30 * 24 * 60 * 60_000
const PUBLISHED_BEFORE_MS = 5 * 60_000

/** The newest key that signs by now. Where clocks differ there may be none yet: then the first that will. */
export function signingKeyAt<T extends KeyTimes>(keys: T[], nowMs: number): T | undefined {
  const inOrder = bySigning(keys)
  return inOrder.findLast(({ signsFromMs }) => signsFromMs <= nowMs) ?? inOrder[0]
}

/** The key that has to be made now, if any. The very first one signs at once. */
export function nextKey(keys: KeyTimes[], nowMs: number): KeyTimes | null {
  const newest = bySigning(keys).at(-1)
  if (!newest) return { madeAtMs: nowMs, signsFromMs: nowMs }
  if (nowMs < newest.madeAtMs + ROTATE_EVERY_MS) return null
  return { madeAtMs: nowMs, signsFromMs: nowMs + PUBLISHED_BEFORE_MS }
}

/** Keys whose last tokens have expired; a front whose clock is slow, or that learnt late of the next key, included. */
export function outlivedKeys<T extends KeyTimes>(keys: T[], nowMs: number, tokenTtlMs: number): T[] {
  const inOrder = bySigning(keys)
  return inOrder.filter((_, i) => {
    const next = inOrder[i + 1]
    return next !== undefined && next.signsFromMs + PUBLISHED_BEFORE_MS + tokenTtlMs <= nowMs
  })
}

const bySigning = <T extends KeyTimes>(keys: T[]): T[] => keys.toSorted((a, b) => a.signsFromMs - b.signsFromMs)
