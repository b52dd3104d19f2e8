import type { Actor, Audit } from '../audit/audit.ts'
import type { EdgeRecord } from '../certificates/records.ts'
import { edgeKey } from '../certificates/store-keys.ts'
import { AppError } from '../errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { Mirror } from '../kv/mirror.ts'
import { toCheck, transact } from '../kv/transact.ts'
import type { Log } from '../log/log.ts'
import { REASON_CODE } from '../pki/crl.ts'
import type { Random, RevocationReason, Vault } from '../pki/index.ts'
import { openAccount } from './account.ts'
import { createAcme } from './acme.ts'
import { challengePath } from './challenges.ts'
import { acmeClient } from './client.ts'
import { acmeConnection } from './connection.ts'
import type { DnsProofs } from './dns/provider.ts'
import type { ExternalAccount } from './jws.ts'
import { nameWork } from './name-work.ts'
import { leafOf } from './obtain.ts'
import { AcmeProblem } from './problem.ts'
import { createProofs } from './proofs.ts'
import { ACME_NAMES, type NameRecord, nameKey } from './records.ts'

/** What an entry brings: the settings, and what differs between the runtimes. */
export interface AcmePlatform {
  directory: string
  email: string | null
  external: ExternalAccount | null
  /** What has a certificate as long as it is set. */
  names: readonly string[]
  /** Of these what is proved by DNS where that is possible. */
  ownNames: readonly string[]
  dns: DnsProofs | null
  fetch: (request: Request) => Promise<Response>
  userAgent: string
  /** Nobody else uses the store. */
  ownsStore: boolean
}

export interface AcmeParts {
  kv: Kv
  vault: Vault
  audit: Audit
  gateway: Pick<Gateway, 'answerChallenge'>
  now: () => number
  newId: () => string
  random: Random
  log: Log
  /** Further names, each proved to be somebody's who may have it: nothing else is ever ordered. */
  proved: Mirror<string | null>
}

/** Certificates of the ACME server, as the front's handlers and its entries know them. */
export interface AcmeService {
  directory: string
  /** Begins to look after them, or looks at once. */
  wake(): void
  stop(): Promise<void>
  names(): Promise<NameRecord[]>
  /** Orders another certificate now, whatever the time. */
  renew(name: string, actor: Actor): Promise<NameRecord>
  /** Tells the server that nobody shall believe it any more; another one is ordered. */
  revoke(name: string, reason: RevocationReason, actor: Actor): Promise<NameRecord>
}

export function openAcme(platform: AcmePlatform, parts: AcmeParts): AcmeService {
  const { directory, email, external, fetch, userAgent } = platform
  const { kv, vault, audit, gateway, now, newId, random, log, proved } = parts
  const chance = () => (random(1)[0] ?? 0) / 255
  const connection = acmeConnection({ directoryUrl: directory, fetch, now, userAgent })
  const registration = { email, external }
  const proofs = createProofs({
    kv,
    dns: platform.dns,
    ownNames: platform.ownNames,
    publish: (token, answer) =>
      gateway.answerChallenge(challengePath(token), answer).catch((cause) => {
        throw new AcmeProblem('unreachable', 'No HAProxy can be told what to answer at this moment', { cause })
      }),
  })
  const work = nameWork({ kv, vault, audit, now, chance, proofs, connection, directory, registration, log })
  const { wake, stop } = createAcme({
    ...{ kv, log, now, work, directory, always: platform.names, proved },
    holder: newId(),
    ownsStore: platform.ownsStore,
  })

  /** As soon as whoever has the lease looks. */
  const orderAnew = async (name: string, actor: Actor, action: string): Promise<NameRecord> => {
    const record = await transact<NameRecord>(kv, async () => {
      const entry = await kv.get<NameRecord>(nameKey(name))
      if (!entry) throw notFound(name)
      const { renewal } = entry.value
      const value = { ...entry.value, nextTryAtMs: now(), renewal: renewal && { ...renewal, atMs: now() } }
      const writes = [{ key: entry.key, value }, audit.entry(actor, { action, target: name })]
      return { checks: [toCheck(entry)], writes, result: value }
    })
    wake()
    return record
  }

  return {
    directory,
    wake,
    stop,

    async names() {
      const found: NameRecord[] = []
      for await (const { value } of listAll<NameRecord>(kv, ACME_NAMES)) found.push(value)
      return found
    },

    renew: (name, actor) => orderAnew(name, actor, 'edge.order'),

    async revoke(name, reason, actor) {
      const certificate = await kv.get<EdgeRecord>(edgeKey(name))
      if (certificate?.value.origin !== 'acme') throw notFound(name)
      const signal = AbortSignal.timeout(REVOKE_LIMIT_MS)
      try {
        const { key, kid } = await openAccount({ kv, vault, directory, connection, registration }, signal)
        await acmeClient(connection, { key, kid }, signal).revoke(
          leafOf(certificate.value.chain),
          REASON_CODE[reason] ?? 0,
        )
      } catch (cause) {
        const why = cause instanceof AcmeProblem ? cause.message : 'it does not answer'
        throw new AppError('ACME_FAILED', `The ACME server did not revoke the certificate: ${why}`, { cause })
      }
      return orderAnew(name, actor, 'edge.revoke')
    },
  }
}

const REVOKE_LIMIT_MS = 60_000

const notFound = (name: string) =>
  new AppError('CERTIFICATE_NOT_FOUND', `There is no certificate for ${name} of an ACME server`)
