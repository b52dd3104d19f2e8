import type { Actor, Audit } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import { deleteAll } from '../kv/delete-all.ts'
import type { Check, Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { type Decision, transact } from '../kv/transact.ts'
import {
  type Authority,
  needsRotation,
  type Random,
  ROTATION_LEAD_MS,
  signingCa,
  trustedCas,
  type Vault,
} from '../pki/index.ts'
import { newCa, openAuthority } from './ca.ts'
import type { CaRecord, CrlRecord } from './records.ts'
import { type CertificateSettings, permittedNames } from './settings.ts'
import { AUTHORITIES, crlDueOf, crlKey, crlPartKey, revokedOf } from './store-keys.ts'

export interface Authorities {
  /** Newest first. There is always one. */
  trusted(): Promise<CaRecord[]>
  signer(): Promise<Authority>
  authority(ca: CaRecord): Promise<Authority>
  /** The next CA: trusted at once, and signing when everybody had time to learn of it. */
  rotate(actor: Actor): Promise<CaRecord>
  /** Starts the rotation that is due, and drops the CAs that nobody needs any more. */
  maintain(): Promise<void>
}

export interface AuthoritiesOptions {
  kv: Kv
  vault: Vault
  audit: Audit
  now: () => number
  random: Random
  settings: CertificateSettings
}

export function createAuthorities(options: AuthoritiesOptions): Authorities {
  const { kv, audit, now, settings } = options
  /**
   * A CA never changes under its id, so other fronts on the same store cannot make this wrong.
   * No promises in here: in a worker one request may not wait for what another began.
   */
  const opened = new Map<string, Authority>()

  const authority = async (ca: CaRecord): Promise<Authority> => {
    const known = opened.get(ca.id) ?? (await openAuthority(ca, options))
    opened.set(ca.id, known)
    return known
  }

  const isFitting = async (ca: CaRecord): Promise<boolean> => {
    const { permits } = await authority(ca)
    return permittedNames(settings).every(permits)
  }

  /** Whoever signs now and all who will after it can vouch for every name of ours. */
  const areFitting = async (cas: CaRecord[]): Promise<boolean> => {
    const signing = signingCa(cas, now())
    if (signing === null) return false
    const andLater = cas.slice(0, cas.indexOf(signing) + 1)
    return (await Promise.all(andLater.map(isFitting))).every(Boolean)
  }

  /** At the first start, and when the front's domain was changed: then the new CA cannot wait. */
  const replacement = async ({ cas, check }: Known): Promise<Decision<CaRecord[]>> => {
    const signing = signingCa(cas, now())
    // With the names of before as well, two fronts whose domains differ for a while do not replace each other's CA.
    const before = signing === null ? [] : ((await authority(signing)).permittedDomains ?? [])
    const ca = await newCa({
      ...options,
      permittedDomains: [...permittedNames(settings), ...before],
      signsFromMs: now(),
    })
    // Those that wait have signed nothing yet, and never could sign for the new names.
    const kept = cas.filter(({ signsFromMs }) => signsFromMs <= now())
    return added(audit, { actor: FRONT, check, cas: kept, ca, action: 'ca.create' })
  }

  const all = async (): Promise<CaRecord[]> => {
    const { cas } = await read(kv)
    if (await areFitting(cas)) return cas
    return transact(kv, async () => {
      const known = await read(kv)
      return (await areFitting(known.cas)) ? nothing(known.cas) : replacement(known)
    })
  }

  const successor = async ({ cas, check }: Known, actor: Actor): Promise<Decision<CaRecord[]>> => {
    const signsFromMs = now() + ROTATION_LEAD_MS
    const ca = await newCa({ ...options, permittedDomains: permittedNames(settings), signsFromMs })
    return added(audit, { actor, check, cas, ca, action: 'ca.rotate' })
  }

  const waiting = (cas: CaRecord[]) => cas.filter(({ signsFromMs }) => now() < signsFromMs)

  const dropRetired = () =>
    transact<void>(kv, async () => {
      const { cas, check } = await read(kv)
      const kept = trustedCas(cas, now())
      const retired = cas.filter((ca) => !kept.includes(ca))
      if (kept.length === 0 || retired.length === 0) return nothing(undefined)
      for (const { id } of retired) opened.delete(id)
      const told = retired.map(({ id }) => audit.entry(FRONT, { action: 'ca.retire', target: id }))
      // First, so that none of it stays when this is cut off.
      for (const { id } of retired) await deleteAll(kv, await leftoversOf(kv, id))
      const writes = [{ key: AUTHORITIES, value: { cas: kept } }, ...told]
      return { checks: [check], writes, result: undefined }
    })

  return {
    authority,
    trusted: async () => trustedCas(await all(), now()),

    async signer() {
      const signing = signingCa(await all(), now())
      if (signing === null) throw new Error('a CA that was just made has expired')
      return authority(signing)
    },

    async rotate(actor) {
      await all()
      const cas = await transact(kv, async () => {
        const known = await read(kv)
        return waiting(known.cas).length > 0 ? nothing(known.cas) : successor(known, actor)
      })
      return waiting(cas)[0] ?? (cas[0] as CaRecord)
    },

    async maintain() {
      await all()
      await transact(kv, async () => {
        const known = await read(kv)
        return needsRotation(known.cas, now()) ? successor(known, FRONT) : nothing(known.cas)
      })
      await dropRetired()
    },
  }
}

interface Known {
  /** Newest first. */
  cas: CaRecord[]
  check: Check
}

async function read(kv: Kv): Promise<Known> {
  const entry = await kv.get<{ cas: CaRecord[] }>(AUTHORITIES)
  return { cas: entry?.value.cas ?? [], check: { key: AUTHORITIES, version: entry?.version ?? null } }
}

const nothing = <T>(result: T): Decision<T> => ({ checks: [], writes: [], result })

interface Addition extends Known {
  ca: CaRecord
  actor: Actor
  action: string
}

function added(audit: Audit, { cas, check, ca, actor, action }: Addition): Decision<CaRecord[]> {
  const result = [ca, ...cas]
  const told = audit.entry(actor, {
    action,
    target: ca.id,
    details: { signsFrom: new Date(ca.signsFromMs).toISOString() },
  })
  return { checks: [check], writes: [{ key: AUTHORITIES, value: { cas: result } }, told], result }
}

/** What nobody asks for once the CA is not trusted any more. */
async function leftoversOf(kv: Kv, caId: string): Promise<string[]> {
  const list = await kv.get<CrlRecord>(crlKey(caId))
  const { number, parts } = list?.value ?? { number: 0, parts: 0 }
  const keys = [crlKey(caId), ...Array.from({ length: parts }, (_, part) => crlPartKey(caId, number, part))]
  for await (const { key } of listAll(kv, revokedOf(caId))) keys.push(key)
  for await (const { key } of listAll(kv, crlDueOf(caId))) keys.push(key)
  return keys
}
