import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** By then all is connected, and checked once. */
const SETTLED_AFTER_MS = 15_000
const EVERY_MS = 120_000
/** The part of the time in which something is done: below it nobody notices a pause of some milliseconds. */
const IDLE = 0.05

/** V8 keeps what loading left, and takes more, for as long as there is little to do: now, once all is settled, and from then on. */
export function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (how: object) => void
  const collect = () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  let before = performance.eventLoopUtilization()
  const collectWhereIdle = () => {
    if (performance.eventLoopUtilization(before).utilization < IDLE) collect()
    before = performance.eventLoopUtilization()
    setTimeout(collectWhereIdle, EVERY_MS).unref()
  }
  collect()
  setTimeout(collectWhereIdle, SETTLED_AFTER_MS).unref()
}
