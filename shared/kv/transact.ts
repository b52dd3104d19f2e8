import { AppError } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import type { Check, Entry, Kv, Write } from './kv.ts'

/** What a reader of the store decided to do, and what must still be true when it happens. */
export interface Decision<T> {
  checks: Check[]
  writes: Write[]
  result: T
}

const MAX_ATTEMPTS = 30
const LONGEST_PAUSE_MS = 20

/** That it is still as it was read. */
export const toCheck = ({ key, version }: Entry): Check => ({ key, version })

export interface Committed<T> {
  result: T
  /** The store's revision after the commit; `null`: there was nothing to write. */
  revision: number | null
}

/**
 * Reads and decides, then commits; reads and decides again when somebody wrote in between.
 * `decide` is told how often that happened already.
 */
export async function transactAt<T>(kv: Kv, decide: (attempt: number) => Promise<Decision<T>>): Promise<Committed<T>> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { checks, writes, result } = await decide(attempt)
    if (writes.length === 0) return { result, revision: null }
    const outcome = await kv.commit(checks, writes)
    if (outcome.ok) return { result, revision: outcome.revision }
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, attempt))
  }
  throw new AppError('STORE_UNAVAILABLE', 'Too many others write the same at this moment: try again')
}

/** The same for those who need not know the revision. */
export async function transact<T>(kv: Kv, decide: () => Promise<Decision<T>>): Promise<T> {
  return (await transactAt(kv, decide)).result
}
