import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { aroundDataPlane, type ServicePlace } from '../targets/around-data-plane.ts'
import type { NodeRecord } from './node-record.ts'
import { NODES } from './store-keys.ts'

/** What the nodes that were added listen on: no target may lead there. */
export interface NodePlaces {
  current(): Promise<ServicePlace[]>
  /** They changed. */
  forget(): void
}

/** So long another front's node may be unknown here: asking for each write would cost more than the write. */
const KEPT_MS = 1_000

export function createNodePlaces({
  kv,
  ports,
  now,
}: {
  kv: Kv
  ports: readonly number[]
  now: () => number
}): NodePlaces {
  let known: { places: ServicePlace[]; atMs: number } | null = null

  const read = async (): Promise<ServicePlace[]> => {
    const places: ServicePlace[] = []
    for await (const { value } of listAll<NodeRecord>(kv, NODES)) places.push(...aroundDataPlane(value.url, ports))
    return places
  }

  return {
    async current() {
      const ageMs = known === null ? KEPT_MS : now() - known.atMs
      if (known === null || ageMs < 0 || ageMs >= KEPT_MS) known = { places: await read(), atMs: now() }
      return known.places
    },
    forget() {
      known = null
    },
  }
}
