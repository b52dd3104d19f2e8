export interface BucketLimits {
  /** How many may come at once. */
  burst: number
  /** How long one takes to leak out again. */
  leakMs: number
  /** However many came, everything has leaked out after this time. */
  longestMs: number
  /** How many buckets are kept. */
  size: number
}

export interface LeakyBuckets {
  /** How long the name has to wait before its next try; 0 when it may try now. */
  waitMs(name: string, nowMs: number): number
  add(name: string, nowMs: number): void
  readonly size: number
}

/** A bucket is the moment at which it will be empty: an empty one needs no memory. */
export function leakyBuckets({ burst, leakMs, longestMs, size }: BucketLimits): LeakyBuckets {
  const emptyAtMs = new Map<string, number>()

  /** One that is fuller than any can be was filled before the clock was set back, and nobody knows how long ago. */
  const leftMs = (name: string, nowMs: number): number => {
    const ms = (emptyAtMs.get(name) ?? nowMs) - nowMs
    return ms > longestMs ? 0 : Math.max(0, ms)
  }

  /** Those that are nearly empty forget least, so that a flood of new names cannot wash out the bucket of another. */
  const makeRoom = (nowMs: number): void => {
    for (const [name, atMs] of emptyAtMs) if (atMs <= nowMs) emptyAtMs.delete(name)
    if (emptyAtMs.size < size) return
    const byLevel = [...emptyAtMs].sort(([, a], [, b]) => a - b)
    for (const [name] of byLevel.slice(0, Math.ceil(size / 10))) emptyAtMs.delete(name)
  }

  return {
    waitMs: (name, nowMs) => Math.max(0, leftMs(name, nowMs) - (burst - 1) * leakMs),
    add(name, nowMs) {
      if (emptyAtMs.size >= size && !emptyAtMs.has(name)) makeRoom(nowMs)
      emptyAtMs.set(name, nowMs + Math.min(leftMs(name, nowMs) + leakMs, longestMs))
    },
    get size() {
      return emptyAtMs.size
    },
  }
}
