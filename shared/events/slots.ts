/** So many at a time; the others wait for their turn. */
export interface Slots {
  /** Resolves when it is one's turn, with what ends it. To end it twice does nothing. */
  take(): Promise<() => void>
}

export function createSlots(atOnce: number): Slots {
  const queue: (() => void)[] = []
  let taken = 0
  return {
    async take() {
      if (taken < atOnce) taken += 1
      else await new Promise<void>((resolve) => queue.push(resolve))
      let ended = false
      return () => {
        if (ended) return
        ended = true
        const next = queue.shift()
        if (next) next()
        else taken -= 1
      }
    },
  }
}
