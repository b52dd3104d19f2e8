import fc from 'fast-check'
import { base64url, type CryptoKey, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { AUDIENCE, fronts, ISSUER, START_MS, SUBJECT, TTL_SECONDS } from './fronts.ts'

const REFUSED = { code: 'UNAUTHORIZED', message: 'The token is not valid: authenticate again' }
const EXPIRED = { code: 'UNAUTHORIZED', message: 'The token has expired: authenticate again' }
const START_SECONDS = START_MS / 1_000

type Parts = Record<string, unknown>

/** A front, and a forger who even has its private key: what only differs in one thing must be refused for that thing. */
async function setup() {
  const { front, pass, counts, kv } = await fronts()
  const { keys, issueToken, verifyToken } = front()
  const { kid, privateKey, publicKey, publicJwk } = await keys.current()
  const header = { alg: 'ES256', typ: 'agent+jwt', kid }
  const times = { iat: START_SECONDS, nbf: START_SECONDS, exp: START_SECONDS + 60 }
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'shop', jti: 'an-id', ...times, inc: 'first', ver: 3 }
  const signed = async (otherHeader: Parts, otherClaims: Parts = {}, key: CryptoKey = privateKey) => {
    const input = [
      { ...header, ...otherHeader },
      { ...claims, ...otherClaims },
    ]
      .map(encode)
      .join('.')
    const ecdsa = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(ecdsa, key, new TextEncoder().encode(input))
    return `${input}.${base64url.encode(new Uint8Array(signature))}`
  }
  return { front, pass, counts, kv, keys, issueToken, verifyToken, header, claims, signed, publicKey, publicJwk }
}

const encode = (part: unknown) => base64url.encode(JSON.stringify(part))

it('a token says for whom it speaks, and since when until when', async () => {
  const { issueToken, verifyToken, header } = await setup()
  const token = await issueToken(SUBJECT)
  expect(decodeProtectedHeader(token)).toEqual(header)
  expect(decodeJwt(token)).toEqual({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'shop',
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: START_SECONDS,
    nbf: START_SECONDS,
    exp: START_SECONDS + TTL_SECONDS,
    inc: 'first',
    ver: 3,
  })
  expect(await verifyToken(token)).toEqual({
    ...SUBJECT,
    tokenId: decodeJwt(token).jti,
    issuedAtMs: START_MS,
    expiresAtMs: START_MS + TTL_SECONDS * 1_000,
  })
  expect(decodeJwt(await issueToken(SUBJECT)).jti).not.toBe(decodeJwt(token).jti)
})

it('the forger’s tokens are good when nothing is changed', async () => {
  const { verifyToken, signed } = await setup()
  expect(await verifyToken(await signed({}))).toMatchObject({ agentId: 'shop' })
})

it.each<[string, Parts]>([
  ['no algorithm', { alg: 'none' }],
  ['no algorithm, otherwise written', { alg: 'nOnE' }],
  ['an algorithm that is missing', { alg: undefined }],
  ['another algorithm', { alg: 'HS256' }],
  ['another curve', { alg: 'ES384' }],
  ['an algorithm that is no text', { alg: ['ES256'] }],
  ['a type that is missing', { typ: undefined }],
  ['another type', { typ: 'JWT' }],
  ['the type in capitals', { typ: 'AGENT+JWT' }],
  ['a kid that is missing', { kid: undefined }],
  ['an unknown kid', { kid: 'A'.repeat(43) }],
  ['an empty kid', { kid: '' }],
  ['a kid that is a number', { kid: 1 }],
  ['a kid that is a prototype’s name', { kid: '__proto__' }],
  ['a kid that is a path', { kid: '../meta/newest-jwt-key' }],
  ['a kid with a newline', { kid: `${'A'.repeat(43)}\n` }],
  ['a kid with a null byte', { kid: `\0${'A'.repeat(42)}` }],
  ['a kid beyond ASCII', { kid: 'ą'.repeat(43) }],
  ['a kid that is too long', { kid: 'A'.repeat(600) }],
  ['a critical extension', { crit: ['exp'], exp: 1 }],
  ['a critical extension that jose knows', { crit: ['b64'], b64: true }],
  ['an empty list of critical extensions', { crit: [] }],
  ['an address to get keys from', { jku: 'https://evil.example.com/jwks.json' }],
  ['an address to get certificates from', { x5u: 'https://evil.example.com/cert.pem' }],
  ['certificates', { x5c: ['MIIB'] }],
  ['a key', { jwk: {} }],
  ['compression', { zip: 'DEF' }],
  ['any other name', { other: 1 }],
])('refuses in the header: %s', async (_, header) => {
  const { verifyToken, signed } = await setup()
  await expect(verifyToken(await signed(header))).rejects.toMatchObject(REFUSED)
})

it.each<[string, Parts]>([
  ['another issuer', { iss: 'https://evil.example.com' }],
  ['an issuer that is missing', { iss: undefined }],
  ['a list of issuers', { iss: [ISSUER] }],
  ['another audience', { aud: 'another' }],
  ['an audience that is missing', { aud: undefined }],
  ['several audiences', { aud: [AUDIENCE, 'another'] }],
  ['a subject that is missing', { sub: undefined }],
  ['an empty subject', { sub: '' }],
  ['a subject that is no text', { sub: { toString: 'shop' } }],
  ['a subject that is too long', { sub: 'a'.repeat(64) }],
  ['an id that is missing', { jti: undefined }],
  ['an id that is no text', { jti: 7 }],
  ['an expiry that is missing', { exp: undefined }],
  ['an expiry as text', { exp: String(START_SECONDS + 60) }],
  ['an expiry that is null', { exp: null }],
  ['an expiry with a fraction', { exp: START_SECONDS + 60.5 }],
  ['an expiry too large for a number', { exp: 1e308 }],
  ['a start that is missing', { nbf: undefined }],
  ['a start as text', { nbf: String(START_SECONDS) }],
  ['a time of issue that is missing', { iat: undefined }],
  ['a time of issue as text', { iat: String(START_SECONDS) }],
  ['a negative time of issue', { iat: -1 }],
  ['an incarnation that is missing', { inc: undefined }],
  ['an incarnation that is no text', { inc: 1 }],
  ['an empty incarnation', { inc: '' }],
  ['a token version that is missing', { ver: undefined }],
  ['a token version as text', { ver: '3' }],
  ['a negative token version', { ver: -1 }],
  ['a token version with a fraction', { ver: 3.5 }],
])('refuses in the claims: %s', async (_, claims) => {
  const { verifyToken, signed } = await setup()
  await expect(verifyToken(await signed({}, claims))).rejects.toMatchObject(REFUSED)
})

it.each<[string, Parts, object | null]>([
  ['at the moment that it expires', { exp: START_SECONDS }, null],
  ['4 s after it expired', { exp: START_SECONDS - 4 }, null],
  ['5 s after it expired', { exp: START_SECONDS - 5 }, EXPIRED],
  ['5 s before it begins', { nbf: START_SECONDS + 5 }, null],
  ['6 s before it begins', { nbf: START_SECONDS + 6 }, REFUSED],
])('allows clocks to differ by 5 s: %s', async (_, claims, refusal) => {
  const { verifyToken, signed } = await setup()
  const verified = verifyToken(await signed({}, claims))
  if (refusal) await expect(verified).rejects.toMatchObject(refusal)
  else expect(await verified).toMatchObject({ agentId: 'shop' })
})

it('a token of ours ends', async () => {
  const { issueToken, verifyToken, pass } = await setup()
  const token = await issueToken(SUBJECT)
  pass(TTL_SECONDS + 4)
  await verifyToken(token)
  pass(1)
  await expect(verifyToken(token)).rejects.toMatchObject(EXPIRED)
})

it('refuses a foreign key, also where the token brings it along', async () => {
  const { verifyToken, signed } = await setup()
  const foreign = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(foreign.publicKey)
  await expect(verifyToken(await signed({}, {}, foreign.privateKey))).rejects.toMatchObject(REFUSED)
  await expect(verifyToken(await signed({ jwk }, {}, foreign.privateKey))).rejects.toMatchObject(REFUSED)
})

it('refuses HS256 with the public key as its secret, in every form that the key has', async () => {
  const { verifyToken, header, claims, publicKey, publicJwk } = await setup()
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))
  const pem = `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...spki))}\n-----END PUBLIC KEY-----`
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  for (const secret of [spki, raw, ...[pem, JSON.stringify(publicJwk)].map((text) => new TextEncoder().encode(text))]) {
    const token = await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' }).sign(secret)
    await expect(verifyToken(token)).rejects.toMatchObject(REFUSED)
  }
})

it('refuses a token with no signature, and one with another’s', async () => {
  const { issueToken, verifyToken, header, claims, signed } = await setup()
  const token = await issueToken(SUBJECT)
  const [head, body] = token.split('.')
  const [, otherBody, otherSignature] = (await signed({}, { sub: 'another' })).split('.')
  for (const forged of [
    `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
    `${head}.${body}.`,
    `${head}.${body}`,
    `${head}.${body}.${base64url.encode(new Uint8Array(64))}`,
    `${head}.${body}.${otherSignature}`,
    `${head}.${otherBody}.${token.split('.')[2]}`,
  ]) {
    await expect(verifyToken(forged)).rejects.toMatchObject(REFUSED)
  }
})

it('a kid that is none of ours by its form does not reach the store', async () => {
  const { verifyToken, signed, counts, pass } = await setup()
  pass(2)
  const { lists } = counts
  for (const kid of ['', '__proto__', '../meta/newest-jwt-key', `${'A'.repeat(43)}\n`]) {
    await expect(verifyToken(await signed({ kid }))).rejects.toMatchObject(REFUSED)
  }
  expect(counts.lists).toBe(lists)
})

it('refuses what is too long before it looks at it', async () => {
  const { verifyToken, signed, counts } = await setup()
  expect(await verifyToken(await signed({}, { more: 'x'.repeat(900) }))).toMatchObject({ agentId: 'shop' })
  const { lists } = counts
  await expect(verifyToken(await signed({}, { more: 'x'.repeat(2_000) }))).rejects.toMatchObject(REFUSED)
  await expect(verifyToken('.'.repeat(50_000_000))).rejects.toMatchObject(REFUSED)
  expect(counts.lists).toBe(lists)
})

it('refuses whatever a token turns into when one place of it is changed', async () => {
  const { issueToken, verifyToken } = await setup()
  const token = await issueToken(SUBJECT)
  // The last character of a signature has four bits that nothing reads.
  const change = fc.tuple(fc.nat(token.length - 2), fc.constantFrom(...'AZaz09-_.=+/\n\0 ą{"'))
  await fc.assert(
    fc.asyncProperty(change, async ([at, character]) => {
      fc.pre(token[at] !== character)
      await expect(verifyToken(token.slice(0, at) + character + token.slice(at + 1))).rejects.toMatchObject(REFUSED)
    }),
    { numRuns: 300 },
  )
})

it('refuses any text and any header, and never breaks', async () => {
  const { verifyToken } = await setup()
  const parts = fc.array(
    fc.oneof(
      fc.string(),
      fc.json().map((json) => base64url.encode(json)),
    ),
    { maxLength: 4 },
  )
  await fc.assert(
    fc.asyncProperty(parts, async (some) => {
      await expect(verifyToken(some.join('.'))).rejects.toMatchObject(REFUSED)
    }),
    { numRuns: 300 },
  )
})

it('a token of another front’s issuer or audience is refused under the same key', async () => {
  const { front, verifyToken } = await setup()
  for (const other of [front({ issuer: 'https://other.example.com' }), front({ audience: 'another' })]) {
    await expect(verifyToken(await other.issueToken(SUBJECT))).rejects.toMatchObject(REFUSED)
  }
})

it('a store that does not answer is not the token’s fault', async () => {
  const { kv, front, issueToken } = await setup()
  const token = await issueToken(SUBJECT)
  kv.list = () => Promise.reject(new Error('the store is away'))
  await expect(front().verifyToken(token)).rejects.toThrow('the store is away')
})
