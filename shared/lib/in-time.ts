import { sleep } from './sleep.ts'

/** Comes back within the time or when the signal is aborted, also when the work never does; its signal is aborted then. */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { ms, signal, late }: { ms: number; signal: AbortSignal; late: string },
): Promise<T> {
  const over = new AbortController()
  const within = AbortSignal.any([signal, over.signal])
  const ended = sleep(ms, within).then(() => {
    throw new Error(signal.aborted ? 'It was ended' : late)
  })
  try {
    return await Promise.race([work(within), ended])
  } finally {
    over.abort()
    ended.catch(() => undefined)
  }
}
