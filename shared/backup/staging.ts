import type { Check, Kv, Write } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { toCheck } from '../kv/transact.ts'
import type { StoreRecord } from './snapshot.ts'

/**
 * An import on its way. Its records lie beside everything else, where nobody looks, until all of them are there and were
 * found good; then one commit decides, and what follows can be cut off at any point and goes on at the next start.
 */
export type Marker = {
  id: string
  state: 'staging' | 'clearing' | 'writing'
  /** Whoever stages renews it; after it anybody may undo what was staged. */
  deadlineMs: number
}

/** Neither readers of the store nor exports see these keys. */
const IMPORT = '~import/'
export const MARKER = `${IMPORT}marker`
export const PARTS = `${IMPORT}parts/`

export const partKey = (number: number) => `${PARTS}${String(number).padStart(9, '0')}`

/** The records of one part, as they shall be. */
export type StagedPart = { records: StoreRecord[] }

/** Undoes an import that was not decided. */
export async function discard(kv: Kv, limits: Limits): Promise<void> {
  const marker = await kv.get<Marker>(MARKER)
  if (marker && marker.value.state !== 'staging') return
  // From here on it cannot be decided any more.
  if (marker && !(await kv.commit([toCheck(marker)], [{ key: MARKER, delete: true }])).ok) return
  await deleteUnder(kv, PARTS, { limits })
}

export type Limits = Pick<Kv, 'maxOperations' | 'maxCommitBytes'>

/** Of one commit, whatever the engine takes. */
export const MOST_WRITES = 500

interface DeleteOptions {
  limits: Limits
  isKept?: (key: string) => boolean
  /** What must be true all the while. */
  checks?: Check[]
}

/** Says whether it came to the end. */
export async function deleteUnder(kv: Kv, prefix: string, options: DeleteOptions): Promise<boolean> {
  const { limits, isKept = () => false, checks = [] } = options
  const most = Math.min(limits.maxOperations, MOST_WRITES)
  let writes: Write[] = []
  for await (const { key } of listAll(kv, prefix)) {
    if (!isKept(key)) writes.push({ key, delete: true })
    if (writes.length < most) continue
    if (!(await kv.commit(checks, writes)).ok) return false
    writes = []
  }
  return writes.length === 0 || (await kv.commit(checks, writes)).ok
}
