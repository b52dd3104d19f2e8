/** Keys and certificates as an agent's record keeps them. */
import {
  type Authority,
  type Bytes,
  exportPrivateKey,
  exportPublicKey,
  fingerprint,
  fromBase64,
  generateKeyPair,
  type Profile,
  toBase64,
  toPem,
  type Vault,
} from '../pki/index.ts'
import type { AgentCertificate } from './records.ts'

/** What is certified. The private key is PKCS#8, or `null` where only the agent has it. */
export interface HeldKey {
  publicKey: Bytes
  privateKey: Bytes | null
}

async function newHeldKey(): Promise<HeldKey> {
  const { publicKey, privateKey } = await generateKeyPair()
  return { publicKey: await exportPublicKey(publicKey), privateKey: await exportPrivateKey(privateKey) }
}

export const theirKey = (publicKey: Bytes): HeldKey => ({ publicKey, privateKey: null })

/** For the next certificate: a new key, or the agent's where only the agent has it, for which it has shown its proof. */
export async function heldKeyOf(current: AgentCertificate | null): Promise<HeldKey> {
  const own = current?.sealedKey === null ? fromBase64(current.publicKey) : null
  return own === null ? newHeldKey() : theirKey(own)
}

interface Certification {
  agentId: string
  profile: Profile
  authority: Authority
  vault: Vault
}

export async function certify(
  { publicKey, privateKey }: HeldKey,
  { agentId, profile, authority, vault }: Certification,
): Promise<AgentCertificate> {
  const { certificate, serial, issuerKeyId, notBeforeMs, notAfterMs } = await authority.issue(profile, publicKey)
  return {
    agentId,
    issuerKeyId,
    serial,
    notBeforeMs,
    notAfterMs,
    certificate: toPem('CERTIFICATE', certificate),
    fingerprint: await fingerprint(certificate),
    names: profile.dnsNames,
    publicKey: toBase64(publicKey),
    sealedKey: privateKey && (await vault.seal(purposeOf(agentId, serial), privateKey)),
  }
}

/** As PEM. */
export async function openKey(vault: Vault, { agentId, serial, sealedKey }: AgentCertificate): Promise<string | null> {
  return sealedKey && toPem('PRIVATE KEY', await vault.open(purposeOf(agentId, serial), sealedKey))
}

const purposeOf = (agentId: string, serial: string) => `certificates/agents/${agentId}/${serial}`
