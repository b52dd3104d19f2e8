import type { Step } from './states.ts'

/** How long the steps of one change took. */
export interface Stopwatch {
  lap(step: string): void
  readonly steps: Step[]
}

export function startStopwatch(now: () => number = () => performance.now()): Stopwatch {
  const steps: Step[] = []
  let last = now()
  return {
    steps,
    lap(step) {
      const at = now()
      steps.push({ step, ms: Math.round((at - last) * 100) / 100 })
      last = at
    },
  }
}
