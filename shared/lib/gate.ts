/** Lets one in at a time, in the order in which they came. */
export interface Gate {
  /** Waits until it is this one's turn; the others wait until it calls what it gets. */
  enter(): Promise<() => void>
  /** For the length of one job. */
  run<T>(job: () => Promise<T>): Promise<T>
}

export function createGate(): Gate {
  let last: Promise<void> = Promise.resolve()
  const enter = async (): Promise<() => void> => {
    const before = last
    let leave = (): void => undefined
    last = new Promise((resolve) => {
      leave = resolve
    })
    await before
    return leave
  }
  return {
    enter,
    async run(job) {
      const leave = await enter()
      try {
        return await job()
      } finally {
        leave()
      }
    },
  }
}
