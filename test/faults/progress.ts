/** What writers have done so far, for a scenario to wait for. */
export interface Progress {
  /** A write was acknowledged that began at this moment, by performance.now(). */
  add(begunAtMs: number): void
  /** Resolves after so many more writes. */
  more(count: number): Promise<void>
  /** When the first write was acknowledged that began after this moment. */
  firstBegunAfter(moment: number): Promise<number>
}

export function createProgress(): Progress {
  const listeners = new Set<(begunAtMs: number) => void>()

  /** Until `isEnough` says so of a write. */
  const until = (isEnough: (begunAtMs: number) => boolean) =>
    new Promise<number>((resolve) => {
      const listener = (begunAtMs: number) => {
        if (!isEnough(begunAtMs)) return
        listeners.delete(listener)
        resolve(performance.now())
      }
      listeners.add(listener)
    })

  return {
    add(begunAtMs) {
      for (const listener of listeners) listener(begunAtMs)
    },
    async more(count) {
      let left = count
      await until(() => --left <= 0)
    },
    firstBegunAfter: (moment) => until((begunAtMs) => begunAtMs > moment),
  }
}
