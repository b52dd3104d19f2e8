import { sleep } from '../lib/sleep.ts'
import type { Kv } from './kv.ts'

export interface LeaseOptions {
  kv: Kv
  key: string
  /** Whom it belongs to, for people who look into the store. */
  holder: string
  /** Default 60: so long nobody does the work of a process that died. */
  seconds?: number
}

/**
 * Does the work while no other front does. `false`: another one is at it. The work's signal is aborted when the lease is
 * lost; who dies leaves it to others when its time is over.
 */
export async function withLease(
  { kv, key, holder, seconds = 60 }: LeaseOptions,
  work: (signal: AbortSignal) => Promise<void>,
  stopping: AbortSignal,
): Promise<boolean> {
  const take = async (version: number | null): Promise<number | null> => {
    const outcome = await kv.commit([{ key, version }], [{ key, value: { holder }, expiresInSeconds: seconds }])
    return outcome.ok ? outcome.revision : null
  }
  const taken = await take(null)
  if (taken === null) return false
  let version = taken

  const over = new AbortController()
  const signal = AbortSignal.any([stopping, over.signal])
  const keep = async () => {
    for (;;) {
      await sleep((seconds * 1_000) / 3, signal)
      if (signal.aborted) return
      const kept = await take(version).catch(() => null)
      if (kept === null) over.abort()
      else version = kept
    }
  }
  const keeping = keep()
  try {
    await work(signal)
  } finally {
    over.abort()
    await keeping
    await kv.commit([{ key, version }], [{ key, delete: true }]).catch(() => undefined)
  }
  return true
}
