import { deleteAll } from '../kv/delete-all.ts'
import type { Kv, Write } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { RevocationReason } from '../pki/index.ts'
import type { IssuedName, RevocationRecord } from './records.ts'
import { crlDueKey, revokedKey, revokedOf } from './store-keys.ts'

/** What makes these certificates void. Those that have expired are void already. */
export function revocationWrites(certificates: IssuedName[], reason: RevocationReason, nowMs: number): Write[] {
  const alive = certificates.filter(({ notAfterMs }) => nowMs < notAfterMs)
  return alive.flatMap(({ issuerKeyId, serial, notAfterMs }) => {
    const value: RevocationRecord = { issuerKeyId, serial, notAfterMs, revokedAtMs: nowMs, reason }
    return [
      { key: revokedKey(issuerKeyId, serial), value },
      { key: crlDueKey(issuerKeyId, serial), value: true },
    ]
  })
}

export async function revocationsOf(kv: Kv, caId: string): Promise<RevocationRecord[]> {
  const found: RevocationRecord[] = []
  for await (const { value } of listAll<RevocationRecord>(kv, revokedOf(caId))) found.push(value)
  return found
}

/** Longer than a list goes on naming a certificate after its end. */
const KEPT_AFTER_EXPIRY_MS = 7 * 86_400_000

export async function forgetRevocations(kv: Kv, caId: string, nowMs: number): Promise<void> {
  const known = await revocationsOf(kv, caId)
  const old = known.filter(({ notAfterMs }) => notAfterMs + KEPT_AFTER_EXPIRY_MS < nowMs)
  await deleteAll(
    kv,
    old.map(({ serial }) => revokedKey(caId, serial)),
  )
}
