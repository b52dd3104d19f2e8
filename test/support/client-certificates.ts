import { secureRandom, toHex } from '../../shared/pki/bytes.ts'
import { keyIdentifier, serialNumber, signCertificate } from '../../shared/pki/certificate.ts'
import { sequence } from '../../shared/pki/der.ts'
import { CA_CONSTRAINTS, CA_KEY_USAGE, subjectKeyIdentifier } from '../../shared/pki/extensions.ts'
import { type Bytes, exportPublicKey, fromPem, generateKeyPair } from '../../shared/pki/index.ts'
import { commonName } from '../../shared/pki/signed.ts'
import { X509Certificate } from '../../shared/pki/x509.ts'
import { DAY_MS, forge, type Signer } from '../pki/support.ts'

/** A CA that calls itself as this one does, and is another. */
export async function namesake(caPem: string): Promise<Signer> {
  const [block] = fromPem(caPem)
  if (!block) throw new Error('no certificate')
  const subject = new Uint8Array(new X509Certificate(block.der).subjectName.toArrayBuffer())
  const keys = await generateKeyPair()
  const publicKey = await exportPublicKey(keys.publicKey)
  const certificate = await signCertificate(
    {
      serial: serialNumber(secureRandom),
      issuer: subject,
      subject,
      publicKey,
      notBeforeMs: Date.now() - DAY_MS,
      notAfterMs: Date.now() + DAY_MS,
      extensions: [CA_CONSTRAINTS, CA_KEY_USAGE, subjectKeyIdentifier(await keyIdentifier(publicKey))],
    },
    keys.privateKey,
  )
  return { certificate, privateKey: keys.privateKey }
}

/** Names that follow each other in one subject. */
const manyNames = (...names: string[]): Bytes =>
  // Each is short: a tag and one byte of length come before what is in it.
  sequence(...names.map((name) => commonName(name).subarray(2) as Bytes))

export async function forgedClients(signer: Signer, agentId: string) {
  const made = (cn: string, others = {}) => forge(signer, { commonName: cn, dnsNames: [] }, others)
  const serial = serialNumber(secureRandom)
  return {
    right: await made(agentId),
    other: await made('another-agent'),
    void: { ...(await made(agentId, { serial })), serial: toHex(serial).toUpperCase() },
    expired: await made(agentId, { notAfterMs: Date.now() - 60_000 }),
    firstOfTwo: await made(agentId, { subject: manyNames(agentId, 'another-agent') }),
    lastOfTwo: await made(agentId, { subject: manyNames('another-agent', agentId) }),
    twice: await made(agentId, { subject: manyNames(agentId, agentId) }),
    nobody: await made(agentId, { subject: sequence() }),
  }
}
