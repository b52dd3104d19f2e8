import type { CommitResult, Kv } from '../kv.ts'
import { assertCommit } from '../limits.ts'
import type { Client } from './client.ts'
import { GRPC, Refusal, unavailable } from './failure.ts'
import { grantLease, type RenewedLease, revokeLeases } from './leases.ts'
import type { Slot, Slots } from './slots.ts'
import {
  type Decision,
  fenceTxn,
  type Operation,
  toCompare,
  toDecision,
  toOperation,
  toWireWrites,
  type WireWrite,
  writeTxn,
} from './txn.ts'
import type { KeySpace, TxnAnswer } from './wire.ts'

export interface CommitDeps {
  client: Client
  keys: KeySpace
  limits: Pick<Kv, 'maxOperations' | 'maxCommitBytes'>
  slots: Slots
  slotLease: RenewedLease
}

export function createCommit({ client, keys, limits, slots, slotLease }: CommitDeps): Kv['commit'] {
  const check = async (compare: object[]): Promise<CommitResult> => {
    // Without something to read, etcd compares with what this member happens to know.
    const read = [{ request_range: { key: keys.encode('') } }]
    const answer = await client.call<TxnAnswer>('/v3/kv/txn', { compare, success: read, failure: read })
    return answer.succeeded ? { ok: true, revision: Number(answer.header.revision) } : { ok: false }
  }

  const grantAll = async (writes: WireWrite[], deadlineMs: number): Promise<Map<number, string>> => {
    const lives = [...new Set(writes.map((write) => write.seconds))].filter((seconds) => seconds > 0)
    const leases = await Promise.all(lives.map((seconds) => grantLease(client, seconds, deadlineMs)))
    return new Map(lives.map((seconds, i) => [seconds, leases[i] as string]))
  }

  /** Sends the commit until etcd has decided. `gone`: it was not made, but with another slot it may be. */
  const write = async (compare: object[], operations: Operation[], slot: Slot, deadlineMs: number) => {
    let broken = false
    const onBroken = () => {
      broken = true
    }
    const decide = async (txn: object): Promise<Decision> => {
      try {
        return toDecision(await client.call<TxnAnswer>('/v3/kv/txn', txn, { deadlineMs, onBroken }), slot)
      } catch (error) {
        if (!(error instanceof Refusal && error.grpcCode === GRPC.NOT_FOUND)) throw error
        slotLease.lost(slot.lease)
        return { kind: 'gone', revision: '0' }
      }
    }

    let decision = await decide(writeTxn(compare, operations, slot))
    if (decision.kind === 'applied') decision = { ...decision, kind: 'written' }
    // A check did not hold; but it may hold again when a copy that is still on its way arrives.
    if (decision.kind === 'unmoved' && broken) decision = await decide(fenceTxn(slot))
    if (decision.kind === 'gone' && broken) {
      throw unavailable('The store lost its trace of a write that broke off: it may have been made')
    }
    return decision
  }

  return async (checks, writes) => {
    assertCommit(limits, checks, writes)
    const wireWrites = toWireWrites(keys, writes, limits.maxCommitBytes)
    const compare = checks.map((each) => toCompare(keys, each))
    if (wireWrites.length === 0) return check(compare)

    const deadlineMs = client.deadline()
    for (;;) {
      const leases = await grantAll(wireWrites, deadlineMs)
      const operations = wireWrites.map((each) => toOperation(each, leases))
      const { kind, revision } = await slots.withSlot(deadlineMs, async (slot, giveBack) => {
        const decision = await write(compare, operations, slot, deadlineMs)
        if (decision.kind !== 'gone') giveBack(decision.revision)
        return decision
      })
      if (kind === 'written') return { ok: true, revision: Number(revision) }
      void revokeLeases(client, leases.values())
      if (kind !== 'gone') return { ok: false }
    }
  }
}
