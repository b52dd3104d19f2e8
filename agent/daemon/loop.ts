import { sleep } from '../../shared/lib/sleep.ts'

export interface LoopOptions {
  /** Does its work and says after how long it wants to look again, at the latest. */
  once(signal: AbortSignal): Promise<number>
  /** How long to wait after so many failures in a row. */
  pauseMs(error: unknown, failures: number): number
}

/** Work that is done again and again: when its time has come, when somebody wakes it, and after failures with more patience. */
export interface Loop {
  run(signal: AbortSignal): Promise<void>
  /** Look again now: at once, or when the look that goes on is over. */
  wake(): void
}

export function createLoop({ once, pauseMs }: LoopOptions): Loop {
  let woken = new AbortController()
  return {
    wake: () => woken.abort(),
    async run(signal) {
      for (let failures = 0; !signal.aborted; ) {
        woken = new AbortController()
        const pause = await once(signal).then(
          (ms) => {
            failures = 0
            return ms
          },
          // What ends with the signal has not failed.
          (error) => (signal.aborted ? 0 : pauseMs(error, failures++)),
        )
        if (!signal.aborted) await sleep(pause, AbortSignal.any([signal, woken.signal]))
      }
    },
  }
}
