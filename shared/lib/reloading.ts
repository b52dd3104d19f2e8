export interface Reloading<T> {
  /** What was loaded in the last `maxAgeMs`. */
  get(): Promise<T>
  /** What was loaded in the last `minAgeMs`: as new as may be had without a flood of callers becoming one of loads. */
  getNewer(): Promise<T>
  /** The next caller loads. */
  forget(): void
}

export interface ReloadingOptions {
  now: () => number
  maxAgeMs: number
  minAgeMs: number
}

/** One load serves all who wait for it. When one fails, what was there before stays until the next. */
export function reloading<T>(load: () => Promise<T>, { now, maxAgeMs, minAgeMs }: ReloadingOptions): Reloading<T> {
  let latest: { startedAtMs: number; ended: boolean; result: Promise<T> } | undefined

  const reload = (): Promise<T> => {
    const before = latest?.ended ? latest.result : undefined
    const started = { startedAtMs: now(), ended: false, result: load() }
    started.result = started.result
      .catch((error) => {
        if (before) return before
        if (latest === started) latest = undefined
        throw error
      })
      .finally(() => {
        started.ended = true
      })
    latest = started
    return started.result
  }

  // A worker drops what a request waits for when its client goes away: nobody waits long for a load that may never end.
  const youngerThan = (mostMs: number): Promise<T> => {
    if (!latest) return reload()
    const ageMs = now() - latest.startedAtMs
    // Below zero the clock was set back, and nobody knows.
    return ageMs >= 0 && ageMs < (latest.ended ? mostMs : minAgeMs) ? latest.result : reload()
  }

  return {
    get: () => youngerThan(maxAgeMs),
    getNewer: () => youngerThan(minAgeMs),
    forget: () => {
      latest = undefined
    },
  }
}
