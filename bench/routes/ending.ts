/** What was started is ended, the last first. */
export interface Ending {
  later(end: () => unknown): void
}

/** Ends everything when the work is over, also when it failed or was interrupted at the keyboard. */
export async function withEnding<T>(work: (ending: Ending) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = []
  const endAll = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end()
  }
  const interrupted = () => void endAll().finally(() => process.exit(130))
  const failed = (error: Error) => {
    process.stderr.write(`${error.stack}\n`)
    void endAll().finally(() => process.exit(1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted)
  process.once('uncaughtException', failed)
  try {
    return await work({ later: (end) => void ends.push(end) })
  } finally {
    await endAll()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted)
    process.off('uncaughtException', failed)
  }
}
