import { calculateJwkThumbprint, FlattenedSign, type JWK } from 'jose'
import { type Bytes, utf8 } from '../pki/bytes.ts'
import { type CryptoKey, importPrivateKey } from '../pki/keys.ts'

/** The key of an account, and what the server knows it by. */
export interface AccountKey {
  privateKey: CryptoKey
  /** The public half, with no member more than the thumbprint needs. */
  jwk: JWK
}

/** From PKCS#8. */
export async function accountKey(pkcs8: Bytes): Promise<AccountKey> {
  const privateKey = await importPrivateKey(pkcs8, { extractable: true })
  const { kty, crv, x, y } = (await crypto.subtle.exportKey('jwk', privateKey)) as JWK
  return { privateKey, jwk: { kty, crv, x, y } as JWK }
}

interface Signed {
  /** `null`: nothing is sent, the answer is wanted (POST-as-GET). */
  payload: object | null
  url: string
  nonce: string
  /** The account's URL; without it the key itself is sent. */
  kid: string | null
}

/** RFC 8555 6.2. */
export async function signedBody(
  { privateKey, jwk }: AccountKey,
  { payload, url, nonce, kid }: Signed,
): Promise<string> {
  const who = kid === null ? { jwk } : { kid }
  const text = payload === null ? '' : JSON.stringify(payload)
  const signing = new FlattenedSign(utf8(text)).setProtectedHeader({ alg: 'ES256', nonce, url, ...who })
  return JSON.stringify(await signing.sign(privateKey))
}

/** What a server gave out that knows its customers by other means (RFC 8555 7.3.4). */
export interface ExternalAccount {
  keyId: string
  hmacKey: Bytes
}

/** Binds the account's key to it. */
export function boundTo({ keyId, hmacKey }: ExternalAccount, { jwk }: AccountKey, url: string): Promise<object> {
  return new FlattenedSign(utf8(JSON.stringify(jwk)))
    .setProtectedHeader({ alg: 'HS256', kid: keyId, url })
    .sign(hmacKey)
}

/** RFC 8555 8.1: what shows that the answer to a challenge comes from the account that asked. */
export const keyAuthorization = async (token: string, { jwk }: AccountKey): Promise<string> =>
  `${token}.${await calculateJwkThumbprint(jwk)}`
