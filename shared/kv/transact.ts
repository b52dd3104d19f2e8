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

/** Reads and decides, then commits; reads and decides again when somebody wrote in between. */
export async function transact<T>(kv: Kv, decide: () => Promise<Decision<T>>): Promise<T> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { checks, writes, result } = await decide()
    if (writes.length === 0) return result
    if ((await kv.commit(checks, writes)).ok) return result
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, attempt))
  }
  throw new AppError('STORE_UNAVAILABLE', 'Too many others write the same at this moment: try again')
}
