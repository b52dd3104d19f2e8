/** Longer waits overflow the runtime's 32-bit timer and would fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** One timer for the earliest of many moments. */
export interface Alarm {
  /** When it rings next; Infinity when it does not. */
  readonly atMs: number
  /** Rings at this moment too. */
  add(atMs: number): void
  /** Rings at this moment only; Infinity for never. */
  set(atMs: number): void
}

export function createAlarm(ring: () => void, now: () => number): Alarm {
  let atMs = Number.POSITIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined

  const onTimer = () => (now() >= atMs ? ring() : set(atMs))
  const set = (moment: number) => {
    if (timer !== undefined) clearTimeout(timer)
    atMs = moment
    if (moment !== Number.POSITIVE_INFINITY) {
      timer = setTimeout(onTimer, Math.min(Math.max(moment - now(), 0), LONGEST_WAIT_MS))
    }
  }
  return {
    get atMs() {
      return atMs
    },
    add: (moment) => {
      if (moment < atMs) set(moment)
    },
    set,
  }
}
