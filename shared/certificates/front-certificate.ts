import type { Kv } from '../kv/kv.ts'
import { transact } from '../kv/transact.ts'
import { frontProfile, needsRenewal, toPem, type Vault } from '../pki/index.ts'
import type { Authorities } from './authorities.ts'
import { edgeRecord, newCertificate } from './edge-record.ts'
import type { EdgeRecord } from './records.ts'
import type { CertificateSettings } from './settings.ts'
import { edgeKey, FRONT_CERTIFICATE } from './store-keys.ts'

const NAME = 'front'

/** By which the front shows the agents' ingresses that it is the front. */
export interface FrontCertificate {
  /** Chain and key; another fingerprint for each content. */
  current(): Promise<{ pem: string; fingerprint: string }>
}

export interface FrontCertificateOptions {
  kv: Kv
  vault: Vault
  now: () => number
  settings: CertificateSettings
  authorities: Authorities
}

export function createFrontCertificate({
  kv,
  vault,
  now,
  settings,
  authorities,
}: FrontCertificateOptions): FrontCertificate {
  const profile = frontProfile(settings.apiHost)
  const isGood = async ({ issuerKeyId, names, ...validity }: EdgeRecord): Promise<boolean> =>
    (await authorities.trusted()).some(({ id }) => id === issuerKeyId) &&
    !needsRenewal(validity, now()) &&
    names.join() === profile.dnsNames.join()

  const ensure = (): Promise<EdgeRecord> =>
    transact(kv, async () => {
      const entry = await kv.get<EdgeRecord>(FRONT_CERTIFICATE)
      if (entry && (await isGood(entry.value))) return { checks: [], writes: [], result: entry.value }
      const made = await newCertificate(await authorities.signer(), profile)
      const result = await edgeRecord({ name: NAME, origin: 'front', ...made }, { vault, nowMs: now() })
      const check = { key: FRONT_CERTIFICATE, version: entry?.version ?? null }
      return { checks: [check], writes: [{ key: FRONT_CERTIFICATE, value: result }], result }
    })

  return {
    async current() {
      const { chain, sealedKey, fingerprint } = await ensure()
      const key = toPem('PRIVATE KEY', await vault.open(edgeKey(NAME), sealedKey))
      return { pem: chain + key, fingerprint }
    },
  }
}
