import type { Audit } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import { edgeRecord } from '../certificates/edge-record.ts'
import type { EdgeRecord } from '../certificates/records.ts'
import { edgeKey } from '../certificates/store-keys.ts'
import { AppError } from '../errors.ts'
import type { Entry, Kv } from '../kv/kv.ts'
import {
  checkEdge,
  describeCertificate,
  edgeError,
  exportPrivateKey,
  fromPem,
  generateKeyPair,
  importPrivateKey,
  toPem,
  type Vault,
} from '../pki/index.ts'
import { publicHalfOf } from '../pki/keys.ts'
import { certificateRequest } from '../pki/request.ts'
import type { Account } from './account.ts'
import type { AcmeClient } from './client.ts'
import type { HeldName } from './held-name.ts'
import { carryOut } from './order.ts'
import type { Proofs } from './proofs.ts'
import { type NameRecord, nameKey, type OrderRecord } from './records.ts'
import { certificateId, nextLookMs, renewAtMs } from './renewal.ts'

export interface ObtainingOptions {
  kv: Kv
  vault: Vault
  audit: Audit
  now: () => number
  /** From 0 to 1. */
  chance: () => number
  proofs: Proofs
}

/** Orders a certificate for the name, or goes on with the order that there is, and puts it where the edge has its own. */
export async function obtain(
  held: HeldName,
  { client, account }: { client: AcmeClient; account: Account },
  options: ObtainingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { kv, vault, now, proofs } = options
  const { name } = held.record
  const wasBegun = held.record.order !== null
  const order = held.record.order ?? (await newOrder(name, options))
  if (!wasBegun) await held.write({ ...held.record, order })
  const there = await kv.get<EdgeRecord>(edgeKey(name))
  const pem = await carryOut(
    name,
    order,
    { wasBegun },
    {
      client,
      proofs,
      accountKey: account.key,
      replaces: there?.value.origin === 'acme' ? await idOf(there.value) : null,
      keep: (kept: OrderRecord) => held.write({ ...held.record, order: kept }),
      async csr() {
        const privateKey = await importPrivateKey(await keyOf(name, order, vault), { extractable: true })
        return certificateRequest({ privateKey, publicKey: await publicHalfOf(privateKey) }, [name])
      },
      signal,
    },
  )
  const checked = await checkEdge({
    pem: pem + toPem('PRIVATE KEY', await keyOf(name, order, vault)),
    names: [name],
    nowMs: now(),
  })
  if (!checked.ok) throw edgeError(checked.problems)
  const { directory } = held.record
  const certificate = await edgeRecord({ name, origin: 'acme', directory, ...checked }, { vault, nowMs: now() })
  await keep(held, { certificate, replaced: there, options })
}

async function keep(
  held: HeldName,
  {
    certificate,
    replaced,
    options,
  }: { certificate: EdgeRecord; replaced: Entry<EdgeRecord> | null; options: ObtainingOptions },
): Promise<void> {
  const { audit, now, chance } = options
  const { name, fingerprint, names } = certificate
  const told = audit.entry(FRONT, {
    action: replaced ? 'edge.renew' : 'edge.issue',
    target: name,
    details: { fingerprint, names, directory: held.record.directory },
  })
  const done: NameRecord = {
    ...held.record,
    order: null,
    failures: 0,
    lastError: null,
    nextTryAtMs: now(),
    renewal: { atMs: renewAtMs(certificate, chance()), lookAtMs: now() + nextLookMs(null) },
  }
  await held.write(done, {
    checks: [{ key: edgeKey(name), version: replaced?.version ?? null }],
    writes: [{ key: edgeKey(name), value: certificate }, told],
  })
}

async function newOrder(name: string, { vault, now }: ObtainingOptions): Promise<OrderRecord> {
  const { privateKey } = await generateKeyPair()
  const sealedKey = await vault.seal(nameKey(name), await exportPrivateKey(privateKey))
  return { url: null, sealedKey, text: null, begunAtMs: now() }
}

const keyOf = (name: string, { sealedKey }: OrderRecord, vault: Vault) => vault.open(nameKey(name), sealedKey)

/** What the server knows the certificate by that is there. */
export async function idOf({ chain }: Pick<EdgeRecord, 'chain'>): Promise<string | null> {
  return certificateId(await describeCertificate(leafOf(chain)))
}

export function leafOf(chain: string): Uint8Array<ArrayBuffer> {
  const [leaf] = fromPem(chain)
  if (!leaf) throw new AppError('INTERNAL', 'A chain without a certificate')
  return leaf.der
}
