import { acceptPrivateKey, EC_P256, EC_P384, RSA } from './accepted-keys.ts'
import type { Bytes } from './bytes.ts'
import { integer, octetString, sequence } from './der.ts'
import type { CryptoKey } from './keys.ts'
import type { PemBlock } from './pem.ts'

export const isPrivateKeyBlock = ({ label }: PemBlock): boolean => label.endsWith('PRIVATE KEY')
export const isEncryptedKeyBlock = ({ label }: PemBlock): boolean => label.startsWith('ENCRYPTED')

/** Every accepted key that the block can be read as: usually one, none when it is unreadable. */
export async function privateKeysFrom(block: PemBlock): Promise<CryptoKey[]> {
  const readings = await Promise.all(asPkcs8(block).map(acceptPrivateKey))
  return readings.filter((key) => key !== null)
}

/** WebCrypto reads PKCS#8 alone, which is the older forms (SEC 1, PKCS#1) with the algorithm named around them. */
function asPkcs8({ label, der }: PemBlock): Bytes[] {
  switch (label) {
    case 'PRIVATE KEY':
      return [der]
    case 'RSA PRIVATE KEY':
      return [pkcs8(RSA, der)]
    case 'EC PRIVATE KEY':
      // The curve may stand inside or not at all.
      return [pkcs8(EC_P256, der), pkcs8(EC_P384, der)]
    default:
      return []
  }
}

const pkcs8 = (algorithm: Bytes, key: Bytes) => sequence(integer(Uint8Array.of(0)), algorithm, octetString(key))
