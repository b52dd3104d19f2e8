/** One CA as the store keeps it: its key under seal. */
import {
  type Authority,
  type Bytes,
  createAuthority,
  createRootCa,
  describeCertificate,
  exportPrivateKey,
  fromPem,
  importPrivateKey,
  type Random,
  toPem,
  type Vault,
} from '../pki/index.ts'
import type { CaRecord } from './records.ts'
import { type CertificateSettings, crlUrl } from './settings.ts'

const purposeOf = (caId: string) => `ca/${caId}`

interface NewCaOptions {
  vault: Vault
  now: () => number
  random: Random
  permittedDomains: string[]
  signsFromMs: number
}

export async function newCa({ vault, now, random, permittedDomains, signsFromMs }: NewCaOptions): Promise<CaRecord> {
  const { certificate, privateKey } = await createRootCa({ permittedDomains, now, random })
  const { keyId, notBeforeMs, notAfterMs } = await describeCertificate(certificate)
  if (keyId === null) throw new Error('a CA without a key identifier')
  const sealedKey = await vault.seal(purposeOf(keyId), await exportPrivateKey(privateKey))
  return { id: keyId, notBeforeMs, notAfterMs, signsFromMs, certificate: toPem('CERTIFICATE', certificate), sealedKey }
}

interface OpenOptions {
  vault: Vault
  now: () => number
  random: Random
  settings: CertificateSettings
}

export async function openAuthority(ca: CaRecord, { vault, now, random, settings }: OpenOptions): Promise<Authority> {
  const privateKey = await importPrivateKey(await vault.open(purposeOf(ca.id), ca.sealedKey))
  return createAuthority({
    certificate: derOf(ca.certificate),
    privateKey,
    crlUrl: crlUrl(settings, ca.id),
    now,
    random,
  })
}

/** The first certificate of a PEM that we wrote ourselves. */
function derOf(pem: string): Bytes {
  const [block] = fromPem(pem)
  if (block === undefined) throw new Error('a PEM without a block')
  return block.der
}
