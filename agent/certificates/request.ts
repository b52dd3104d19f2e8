import { generateKeyPair as generate, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { bitString, constructed, integer, oid, sequence, set, utf8String } from '../../shared/pki/der.ts'

const generateKeyPair = promisify(generate)

const COMMON_NAME = '2.5.4.3'
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

/** A new key pair, and a request for a certificate of it. */
export async function requestCertificate(agentId: string): Promise<{ key: string; csr: string }> {
  const { privateKey, publicKey } = await generateKeyPair('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { key, csr: pem('CERTIFICATE REQUEST', signedRequest(agentId, privateKey, publicKey)) }
}

/** PKCS#10. The front takes the key alone, and knows the names itself. */
function signedRequest(agentId: string, privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  const subject = sequence(set(sequence(oid(COMMON_NAME), utf8String(agentId))))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const information = sequence(integer(Uint8Array.of(0)), subject, spki, constructed(0))
  return sequence(information, sequence(oid(ECDSA_WITH_SHA256)), bitString(sign('sha256', information, privateKey)))
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
