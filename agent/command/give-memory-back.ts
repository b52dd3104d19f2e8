import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What was loaded leaves a lot behind, and V8 would keep it, and take more, for as long as there is little to do. */
export function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: object) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
