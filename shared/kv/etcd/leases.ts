import type { CallOptions, Client } from './client.ts'

export interface Lease {
  /** 63 bits: never a number. */
  id: string
  /** It was not granted before this, so etcd does not end it sooner than its seconds after it. */
  grantedAtMs: number
}

export async function grantLease(client: Client, seconds: number, deadlineMs: number): Promise<string> {
  const { ID } = await client.call<{ ID: string }>('/v3/lease/grant', { TTL: seconds }, { deadlineMs })
  return ID
}

/** What nobody holds on to: if it fails, the lease runs out by itself. */
export async function revokeLeases(client: Client, ids: Iterable<string>, options: CallOptions = {}): Promise<void> {
  await Promise.allSettled([...ids].map((ID) => client.call('/v3/lease/revoke', { ID }, options)))
}

/** A lease with at least half its life left. */
export interface RenewedLease {
  get(deadlineMs: number): Promise<Lease>
  /** etcd does not know it any more. */
  lost(lease: Lease): void
  revoke(deadlineMs: number): Promise<void>
}

export function renewedLease(client: Client, seconds: number, now: () => number): RenewedLease {
  let lease: Lease | undefined
  let granting: Promise<Lease> | undefined

  const grant = async (deadlineMs: number): Promise<Lease> => {
    const grantedAtMs = now()
    lease = { id: await grantLease(client, seconds, deadlineMs), grantedAtMs }
    return lease
  }

  return {
    async get(deadlineMs) {
      if (lease && now() < lease.grantedAtMs + seconds * 500) return lease
      granting ??= grant(deadlineMs).finally(() => {
        granting = undefined
      })
      return granting
    },
    lost(old) {
      if (lease === old) lease = undefined
    },
    async revoke(deadlineMs) {
      if (lease) await revokeLeases(client, [lease.id], { deadlineMs })
    },
  }
}
