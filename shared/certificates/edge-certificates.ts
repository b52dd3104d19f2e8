import type { Actor, Audit } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import { assertPreconditions, NO_PRECONDITIONS, type Preconditions } from '../domain/preconditions.ts'
import { AppError } from '../errors.ts'
import type { Entry, Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { transact } from '../kv/transact.ts'
import { checkEdge, edgeError, edgeProfile, needsRenewal, toPem, type Vault } from '../pki/index.ts'
import type { Authorities } from './authorities.ts'
import { edgeRecord, edgeState, newCertificate } from './edge-record.ts'
import { isOverdue } from './expiring.ts'
import { whyNotTrusted } from './for-browsers.ts'
import type { EdgeCertificate, EdgeRecord, EdgeSummary } from './records.ts'
import { DEFAULT_EDGE, leftNames, served } from './served.ts'
import { type CertificateSettings, edgeNames } from './settings.ts'
import { EDGE_CERTIFICATES, edgeKey } from './store-keys.ts'

const MAINTAIN_EVERY_MS = 60_000
/** Long enough for everybody to see that it has expired. */
const KEPT_AFTER_EXPIRY_MS = 7 * 86_400_000

interface Upload {
  /** The chain and its key. */
  pem: string
  /** What it must be good for. */
  names: string[]
  /** Whether browsers trust it. Default: unless it shows that none can. */
  trusted?: boolean | undefined
}

export interface EdgeCertificates {
  list(): Promise<EdgeCertificate[]>
  /** Those that HAProxy is to have; out of what is known of all, which is read otherwise. */
  served(known?: Iterable<EdgeSummary>): Promise<EdgeSummary[]>
  get(name: string): Promise<EdgeCertificate>
  put(name: string, upload: Upload, actor: Actor, preconditions?: Preconditions): Promise<EdgeCertificate>
  /** In the place of an uploaded default the front's own comes back; the front's own cannot be removed. */
  remove(name: string, actor: Actor, preconditions?: Preconditions): Promise<void>
  /** Chain and key as HAProxy reads them. */
  pem(name: string): Promise<string>
  /** Makes and renews the default. */
  maintain(): Promise<void>
}

export interface EdgeCertificatesOptions {
  kv: Kv
  vault: Vault
  audit: Audit
  now: () => number
  settings: CertificateSettings
  authorities: Authorities
}

export function createEdgeCertificates(options: EdgeCertificatesOptions): EdgeCertificates {
  const { kv, vault, audit, now, settings, authorities } = options
  let maintainedAtMs = Number.NEGATIVE_INFINITY

  const isGood = async (
    { origin, names, issuerKeyId, ...validity }: EdgeRecord,
    wanted: string[],
  ): Promise<boolean> => {
    // What somebody uploaded only they can renew.
    if (origin === 'upload') return true
    const isTrusted = (await authorities.trusted()).some(({ id }) => id === issuerKeyId)
    return isTrusted && !needsRenewal(validity, now()) && names.join() === wanted.join()
  }

  const all = async (): Promise<EdgeCertificate[]> => {
    const found: EdgeCertificate[] = []
    for await (const { value } of listAll<EdgeRecord>(kv, EDGE_CERTIFICATES)) found.push(withoutKey(value))
    return found
  }

  /** All there are, the default as it should be. */
  const withDefault = async <T extends EdgeSummary>(found: T[]): Promise<(T | EdgeCertificate)[]> => {
    const names = leftNames(edgeNames(settings), found, now())
    const own = withoutKey(await ensureDefaultFor(names))
    return [...found.filter(({ name }) => name !== DEFAULT_EDGE), own].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  const ensureDefaultFor = async (names: string[]): Promise<EdgeRecord> => {
    const there = await kv.get<EdgeRecord>(edgeKey(DEFAULT_EDGE))
    if (there && (await isGood(there.value, names))) return there.value
    return transact(kv, async () => {
      const entry = await kv.get<EdgeRecord>(edgeKey(DEFAULT_EDGE))
      if (entry && (await isGood(entry.value, names))) return { checks: [], writes: [], result: entry.value }
      return replaceDefault(entry, names, FRONT, entry ? 'edge.renew' : 'edge.create')
    })
  }

  const replaceDefault = async (entry: Entry<EdgeRecord> | null, names: string[], actor: Actor, action: string) => {
    const made = await newCertificate(await authorities.signer(), edgeProfile(names))
    const result = await edgeRecord({ name: DEFAULT_EDGE, origin: 'front', ...made }, { vault, nowMs: now() })
    return { checks: [checkOf(DEFAULT_EDGE, entry)], writes: written(result, actor, action), result }
  }

  const forget = async (name: string) => {
    const entry = await kv.get<EdgeRecord>(edgeKey(name))
    if (entry) await kv.commit([checkOf(name, entry)], [{ key: entry.key, delete: true }])
  }

  /** By the events and the audit log, once. */
  const warn = ({ name, fingerprint, notAfterMs }: EdgeCertificate) =>
    transact<void>(kv, async () => {
      const entry = await kv.get<EdgeRecord>(edgeKey(name))
      if (entry?.value.fingerprint !== fingerprint || entry.value.warned)
        return { checks: [], writes: [], result: undefined }
      const details = { fingerprint, expiresAt: new Date(notAfterMs).toISOString() }
      const told = audit.entry(FRONT, { action: 'edge.expire', target: name, details })
      const write = { key: entry.key, value: { ...entry.value, warned: true as const } }
      return { checks: [checkOf(name, entry)], writes: [write, told], result: undefined }
    })

  const written = (record: EdgeRecord, actor: Actor, action: string) => [
    { key: edgeKey(record.name), value: record },
    audit.entry(actor, {
      action,
      target: record.name,
      details: { fingerprint: record.fingerprint, names: record.names },
    }),
  ]

  const find = async (name: string): Promise<Entry<EdgeRecord>> => {
    if (name === DEFAULT_EDGE) await withDefault(await all())
    const entry = await kv.get<EdgeRecord>(edgeKey(name))
    if (!entry) throw new AppError('CERTIFICATE_NOT_FOUND', `There is no edge certificate ${name}`)
    return entry
  }

  return {
    list: async () => withDefault(await all()),
    served: async (known) => served(await withDefault(known ? [...known] : await all()), now()),

    get: async (name) => withoutKey((await find(name)).value),

    async put(name, { pem, names, trusted: told }, actor, preconditions = NO_PRECONDITIONS) {
      const wanted = name === DEFAULT_EDGE ? [...edgeNames(settings), ...names] : names
      const checked = await checkEdge({ pem, names: wanted, nowMs: now() })
      if (!checked.ok) throw edgeError(checked.problems)
      const why = whyNotTrusted(checked.leaf, await authorities.trusted())
      if (told && why !== null)
        throw new AppError('INVALID_INPUT', `No browser trusts this certificate, since ${why}: leave out trusted`)
      const trusted = told ?? why === null
      const record = await edgeRecord({ name, origin: 'upload', trusted, ...checked }, { vault, nowMs: now() })
      if (record.names.length === 0) throw new AppError('INVALID_INPUT', 'The certificate is good for no name at all')
      return transact<EdgeCertificate>(kv, async () => {
        const entry = await kv.get<EdgeRecord>(edgeKey(name))
        assertPreconditions(preconditions, entry && edgeState(entry.value))
        const writes = written(record, actor, 'edge.upload')
        return { checks: [checkOf(name, entry)], writes, result: withoutKey(record) }
      })
    },

    remove: (name, actor, preconditions = NO_PRECONDITIONS) =>
      transact<void>(kv, async () => {
        const entry = await find(name)
        assertPreconditions(preconditions, edgeState(entry.value))
        if (name === DEFAULT_EDGE) {
          if (entry.value.origin === 'front') throw new AppError('INVALID_INPUT', 'HAProxy cannot do without a default')
          const names = leftNames(edgeNames(settings), await all(), now())
          return { ...(await replaceDefault(entry, names, actor, 'edge.remove')), result: undefined }
        }
        const told = audit.entry(actor, { action: 'edge.remove', target: name })
        return { checks: [checkOf(name, entry)], writes: [{ key: entry.key, delete: true }, told], result: undefined }
      }),

    async pem(name) {
      const { chain, sealedKey } = (await find(name)).value
      return chain + toPem('PRIVATE KEY', await vault.open(edgeKey(name), sealedKey))
    },

    async maintain() {
      // Whoever brings them to HAProxy sees to the default too, so this may take its time.
      if (now() - maintainedAtMs < MAINTAIN_EVERY_MS) return
      maintainedAtMs = now()
      const found = await withDefault(await all())
      for (const edge of found) {
        if (edge.origin === 'acme' && edge.notAfterMs + KEPT_AFTER_EXPIRY_MS < now()) await forget(edge.name)
        else if (!edge.warned && (await isOverdue(kv, edge, now()))) await warn(edge)
      }
    },
  }
}

const withoutKey = ({ sealedKey: _, ...certificate }: EdgeRecord): EdgeCertificate => certificate
const checkOf = (name: string, entry: Entry | null) => ({ key: edgeKey(name), version: entry?.version ?? null })
