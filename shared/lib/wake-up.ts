import { sleep } from './sleep.ts'

/** Something to wait for that may happen before anybody waits for it. */
export interface WakeUp {
  /** What happens from now on counts. */
  reset(): void
  wake(): void
  /** Until it has happened since the reset, or the time is over, or the signal is aborted. */
  wait(mostMs: number, signal: AbortSignal): Promise<void>
}

export function createWakeUp(): WakeUp {
  let alarm = new AbortController()
  return {
    reset() {
      alarm = new AbortController()
    },
    wake: () => alarm.abort(),
    wait: (mostMs, signal) => sleep(mostMs, AbortSignal.any([signal, alarm.signal])),
  }
}
