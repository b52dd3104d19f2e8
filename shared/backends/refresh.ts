import type { Target } from '../domain/route-record.ts'
import { isAddress } from '../domain/target-host.ts'
import { listAll } from '../kv/list-all.ts'
import { createDueNames, hasMoved } from '../targets/due-names.ts'
import type { BackendRecord } from './backend-record.ts'
import type { BackendsOptions } from './options.ts'
import { BACKENDS, PROVIDER_ORDER } from './store-keys.ts'

/** A backend and what the names of its servers stand for. */
interface Pins {
  key: string
  pinned: Pick<Target, 'host' | 'address'>[]
}

/** A pass over the names whose time is over: says which backends go elsewhere since. */
export function createLookAgain(options: BackendsOptions) {
  const { kv } = options
  const names = createDueNames(options)

  const readPins = async (): Promise<Pins[]> => {
    const pins: Pins[] = []
    for await (const { key, value } of listAll<BackendRecord>(kv, BACKENDS)) {
      if (key === PROVIDER_ORDER) continue
      const pinned = value.targets.filter(({ host }) => !isAddress(host))
      if (pinned.length > 0) pins.push({ key, pinned })
    }
    return pins
  }

  return async () => {
    if (!names.isDue()) return { keys: [], answers: new Map() }
    const pins = await readPins()
    const answers = await names.ask([...new Set(pins.flatMap(({ pinned }) => pinned.map(({ host }) => host)))])
    const moving = pins.filter(({ pinned }) => pinned.some(({ host, address }) => hasMoved(host, address, answers)))
    return { keys: moving.map(({ key }) => key), answers }
  }
}
