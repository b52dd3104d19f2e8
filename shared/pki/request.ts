import type { Bytes } from './bytes.ts'
import { constructed, integer, oid, sequence, set } from './der.ts'
import { subjectAltName } from './extensions.ts'
import { exportPublicKey, type KeyPair } from './keys.ts'
import { signed } from './signed.ts'

const VERSION_1 = integer(Uint8Array.of(0))
const EXTENSION_REQUEST = oid('1.2.840.113549.1.9.14')

/** A certificate signing request (PKCS#10) for these names, without a subject: public CAs look at the names alone. */
export async function certificateRequest({ privateKey, publicKey }: KeyPair, names: readonly string[]): Promise<Bytes> {
  const extensions = sequence(EXTENSION_REQUEST, set(sequence(subjectAltName(names, []))))
  const content = sequence(VERSION_1, sequence(), await exportPublicKey(publicKey), constructed(0, extensions))
  return signed(content, privateKey)
}
