/** Takes what there is to do, and does all that has come in the meantime in one go. */
export function createGathering<T>(work: (items: T[]) => Promise<void>): (items: T[]) => Promise<void> {
  let waiting: T[] = []
  let running: Promise<void> | null = null

  const run = async () => {
    while (waiting.length > 0) {
      const items = waiting
      waiting = []
      await work(items)
    }
  }
  const start = (): Promise<void> =>
    run().finally(() => {
      // Between the last look and here, or behind a failure, more may have come.
      running = waiting.length > 0 ? start() : null
      return running
    })
  return (items) => {
    waiting.push(...items)
    running ??= start()
    return running
  }
}
