import { unavailable } from './failure.ts'
import type { Lease, RenewedLease } from './leases.ts'

/**
 * A key that only this client writes, one commit at a time, and each commit writes its own.
 *
 * A commit is sent with the slot's last known revision as one more check. So of all copies of it that were sent,
 * to whatever member, at most one takes effect; and when the slot has moved, one has.
 */
export interface Slot {
  /** In base64. */
  key: string
  /** '0': not written yet. */
  revision: string
  /** Each copy writes the slot with it: when etcd has ended it, the slot is gone, but no late copy can apply either. */
  lease: Lease
}

export interface Slots {
  /** Waits for its turn. Only a slot that `use` gives back, with the revision it has now, is used again. */
  withSlot<T>(deadlineMs: number, use: (slot: Slot, giveBack: (revision: string) => void) => Promise<T>): Promise<T>
  /** Takes the slots out of etcd, unless a commit that is on its way needs them: then they go with their lease. */
  close(deadlineMs: number): Promise<void>
}

export interface SlotsOptions {
  lease: RenewedLease
  leaseSeconds: number
  /** The key of the slot with this number, in base64. */
  keyOf: (number: number) => string
  /** How many commits may be on their way at once: more would wait in etcd, where their time limit runs. */
  size: number
  now: () => number
}

interface IdleSlot {
  key: string
  revision: string
  /** The one that it was last written with. */
  lease: Lease | null
}

export function createSlots({ lease, leaseSeconds, keyOf, size, now }: SlotsOptions): Slots {
  const idle: IdleSlot[] = []
  const waiting: (() => void)[] = []
  let made = 0
  let busy = 0

  const turn = async (deadlineMs: number): Promise<void> => {
    if (busy < size) {
      busy++
      return
    }
    // Needs no time limit of its own: those before it have earlier deadlines, and then hand on.
    await new Promise<void>((resolve) => waiting.push(resolve))
    if (now() < deadlineMs) return
    endTurn()
    throw unavailable('The store is too slow: other writes took all the time there was')
  }

  const endTurn = () => {
    const next = waiting.shift()
    if (next) next()
    else busy--
  }

  const mayBeGone = ({ lease }: IdleSlot) => lease !== null && now() >= lease.grantedAtMs + leaseSeconds * 900

  /** What was not written for long is left to its lease. No number is used for two slots. */
  const take = (): IdleSlot => {
    const latest = idle.pop()
    if (latest && !mayBeGone(latest)) return latest
    return { key: keyOf(made++), revision: '0', lease: null }
  }

  return {
    async withSlot(deadlineMs, use) {
      await turn(deadlineMs)
      try {
        const current = await lease.get(deadlineMs)
        const slot = take()
        return await use({ ...slot, lease: current }, (revision) =>
          idle.push(revision === slot.revision ? slot : { key: slot.key, revision, lease: current }),
        )
      } finally {
        endTurn()
      }
    },

    async close(deadlineMs) {
      if (busy === 0) await lease.revoke(deadlineMs)
    },
  }
}
