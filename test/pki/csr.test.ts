import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type Bytes, csrError, describeCertificate, fromPem, readCsr } from '../../shared/pki/index.ts'
import { certPem, crlPem, DOMAIN, folderWith, newAuthority, opensslIn, profileOf } from './support.ts'

// OpenSSL makes RSA keys here, which takes as long as chance will have it.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const PROFILE = profileOf('web-1', '192.0.2.7')

/** A request made by `openssl req`, and its key. */
async function request(keyArgs: string, reqArgs = ''): Promise<{ csr: string; key: string }> {
  const folder = await folderWith()
  const made = await opensslIn(folder, `genpkey ${keyArgs} -out key.pem`)
  const asked = await opensslIn(folder, `req -new -key key.pem -subj /CN=anything ${reqArgs}`.trim())
  if (!made.ok || !asked.ok) throw new Error(made.text + asked.text)
  return { csr: asked.text, key: (await opensslIn(folder, 'pkey -in key.pem')).text }
}

const EC = '-algorithm EC -pkeyopt ec_paramgen_curve:P-256'
const pemOf = (der: Bytes) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
const derOf = (pem: string): Bytes => fromPem(pem)[0]?.der ?? new Uint8Array()

describe('a certificate request of OpenSSL', () => {
  it.each([
    ['P-256', EC, ''],
    ['P-384', '-algorithm EC -pkeyopt ec_paramgen_curve:P-384', '-sha384'],
    ['RSA with 2048 bits and SHA-512', '-algorithm RSA -pkeyopt rsa_keygen_bits:2048', '-sha512'],
    ['RSA with a PSS signature', '-algorithm RSA -pkeyopt rsa_keygen_bits:2048', '-sigopt rsa_padding_mode:pss'],
    ['Ed25519', '-algorithm ED25519', ''],
  ])('becomes a certificate that OpenSSL accepts with the key: %s', async (_, keyArgs, reqArgs) => {
    const { csr, key } = await request(keyArgs, reqArgs)
    const authority = await newAuthority()
    const result = await readCsr(csr, PROFILE)
    if (!result.ok) throw csrError(result.problem)
    const { certificate } = await authority.issue(PROFILE, result.publicKey)
    const files = { 'ca.pem': certPem(authority.certificate), 'it.pem': certPem(certificate), 'key.pem': key }
    const folder = await folderWith({ ...files, 'crl.pem': await crlPem(authority) })
    const verified = await opensslIn(folder, 'verify -x509_strict -crl_check -CRLfile crl.pem -CAfile ca.pem it.pem')
    expect(verified.text).toBe('it.pem: OK\n')
    const [ofCertificate, ofKey] = [
      await opensslIn(folder, 'x509 -in it.pem -noout -pubkey'),
      await opensslIn(folder, 'pkey -in key.pem -pubout'),
    ]
    expect(ofCertificate.text).toBe(ofKey.text)
  })

  it.each([
    ['taken', 'rsa-4096.csr', true],
    ['refused', 'rsa-5120.csr', false],
  ])('is %s with a key as large as that of %s', async (_, file, ok) => {
    const csr = await readFile(new URL(`fixtures/${file}`, import.meta.url), 'utf8')
    expect(await readCsr(csr, PROFILE)).toMatchObject({ ok })
  })

  it('gives the usual form of its key, whatever form it had', async () => {
    const folder = await folderWith()
    await opensslIn(folder, 'ecparam -name prime256v1 -genkey -noout -out long.pem')
    await opensslIn(folder, 'ec -in long.pem -conv_form compressed -out short.pem')
    const { text: csr } = await opensslIn(folder, 'req -new -key short.pem -subj /CN=a')
    const { text: usual } = await opensslIn(folder, 'pkey -in long.pem -pubout')
    expect(derOf(csr).length).toBeLessThan(230)
    expect(await readCsr(csr, PROFILE)).toEqual({ ok: true, publicKey: derOf(usual) })
  })

  it('gives its key alone: subject and names are ours', async () => {
    const { csr } = await request(EC, '-addext subjectAltName=DNS:localhost -addext basicConstraints=CA:true')
    const result = await readCsr(csr, PROFILE)
    if (!result.ok) throw csrError(result.problem)
    const { certificate } = await (await newAuthority()).issue(PROFILE, result.publicKey)
    const names = [...PROFILE.dnsNames, ...PROFILE.ips]
    expect(await describeCertificate(certificate)).toMatchObject({ subject: 'CN=web-1', sans: names, isCa: false })
  })

  it('may be DER, PEM with text around it, or PEM as bytes', async () => {
    const { csr } = await request(EC)
    const older = csr.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')
    const forms = [derOf(csr), `Here you are:\r\n${csr.replaceAll('\n', '\r\n')}`, new TextEncoder().encode(csr), older]
    for (const form of forms) expect(await readCsr(form, PROFILE)).toMatchObject({ ok: true })
  })

  it.each([
    [`DNS:web-1.mongodb.${DOMAIN}`],
    [`DNS:WEB-1.mongodb.${DOMAIN.toUpperCase()}`],
    [`DNS:*.web-1.mongodb.${DOMAIN}`],
    [`DNS:orders.web-1.mongodb.${DOMAIN}`],
    ['IP:192.0.2.7'],
    [`DNS:localhost,IP:192.0.2.7,DNS:web-1.agents.${DOMAIN}`],
  ])('may ask for the names of its agent: %s', async (names) => {
    const { csr } = await request(EC, `-addext subjectAltName=${names}`)
    expect(await readCsr(csr, PROFILE)).toMatchObject({ ok: true })
  })

  it.each([
    [`DNS:web-2.mongodb.${DOMAIN}`, `web-2.mongodb.${DOMAIN}`],
    [`DNS:localhost,DNS:${DOMAIN}`, DOMAIN],
    [`DNS:*.${DOMAIN}`, `*.${DOMAIN}`],
    [`DNS:*.mongodb.${DOMAIN}`, `*.mongodb.${DOMAIN}`],
    [`DNS:*.orders.web-1.mongodb.${DOMAIN}`, `*.orders.web-1.mongodb.${DOMAIN}`],
    ['IP:192.0.2.8', '192.0.2.8'],
    ['IP:::1', '::1'],
    ['email:a@b.test', 'a name that is neither a DNS name nor an IP address'],
    ['URI:https://web-1.agents.front.test', 'a name that is neither a DNS name nor an IP address'],
    ['otherName:1.2.3.4;UTF8:localhost', 'a name that is neither a DNS name nor an IP address'],
  ])('may not ask for %s', async (names, name) => {
    const { csr } = await request(EC, `-addext subjectAltName=${names}`)
    expect(await readCsr(csr, PROFILE)).toEqual({ ok: false, problem: { reason: 'name_not_allowed', name } })
  })

  it.each([
    ['RSA with 1024 bits', '-algorithm RSA -pkeyopt rsa_keygen_bits:1024', '', 'key_not_accepted'],
    ['RSA with the exponent 3', '-algorithm RSA -pkeyopt rsa_keygen_pubexp:3', '', 'key_not_accepted'],
    ['P-521', '-algorithm EC -pkeyopt ec_paramgen_curve:P-521', '', 'key_not_accepted'],
    ['secp256k1', '-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1', '', 'key_not_accepted'],
    ['Ed448', '-algorithm ED448', '', 'key_not_accepted'],
    ['SHA-1', EC, '-sha1', 'hash_not_accepted'],
  ])('is refused with %s', async (_, keyArgs, reqArgs, reason) => {
    const { csr } = await request(keyArgs, reqArgs)
    expect(await readCsr(csr, PROFILE)).toEqual({ ok: false, problem: { reason } })
  })

  it.each([
    ['in the key', (der: Bytes) => der.length - 150],
    ['in the signature', (der: Bytes) => der.length - 5],
    ['in the subject', (der: Bytes) => der.indexOf(0x61)],
  ])('is refused when one bit was turned %s', async (_, place) => {
    const der = derOf((await request(EC)).csr)
    der[place(der)] = (der[place(der)] ?? 0) ^ 1
    const result = await readCsr(der, PROFILE)
    expect(result).toMatchObject({ ok: false })
  })

  it("is refused with somebody else's key in it, for want of proof", async () => {
    const [mine, theirs] = [derOf((await request(EC)).csr), derOf((await request(EC)).csr)]
    // Both have the same layout, so the other's point fits in the same place.
    const at = mine.findIndex((_, index) => mine[index] === 0x42 && mine[index + 1] === 0 && mine[index + 2] === 4)
    mine.set(theirs.subarray(at + 3, at + 67), at + 3)
    expect(await readCsr(mine, PROFILE)).toEqual({ ok: false, problem: { reason: 'bad_signature' } })
  })

  it.each([
    ['nothing', () => ''],
    ['no bytes', () => new Uint8Array()],
    ['text', () => 'hello'],
    ['two requests', (csr: string) => csr + csr],
    ['a certificate', (csr: string) => csr.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['half of it', (csr: string) => derOf(csr).slice(0, 100)],
    ['one byte more', (csr: string) => Uint8Array.of(...derOf(csr), 0)],
    ['one byte more in PEM', (csr: string) => pemOf(Uint8Array.of(...derOf(csr), 0))],
    ['one byte more inside', (csr: string) => Uint8Array.of(0x30, 0x81, ...derOf(csr).slice(2), 0)],
  ])('is refused when it is %s', async (_, change) => {
    const { csr } = await request(EC)
    expect(await readCsr(change(csr), PROFILE)).toEqual({ ok: false, problem: { reason: 'malformed' } })
  })

  it('is refused when it is too large, before it is read', async () => {
    const result = await readCsr('A'.repeat(16_385), PROFILE)
    expect(result).toEqual({ ok: false, problem: { reason: 'too_large', maxBytes: 16_384 } })
  })

  it('is refused or taken, but never throws, whatever bytes were changed', async () => {
    const der = derOf((await request(EC, '-addext subjectAltName=DNS:localhost,IP:192.0.2.7')).csr)
    const untouched = await readCsr(der, PROFILE)
    const change = fc.record({ at: fc.nat(der.length - 1), to: fc.nat(255) })
    const mutilated = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = der.slice()
      for (const { at, to } of changes) bytes[at] = to
      const result = await readCsr(bytes, PROFILE)
      if (!result.ok) expect(csrError(result.problem)).toMatchObject({ code: 'INVALID_INPUT' })
      else expect(result).toEqual(untouched)
    })
    await fc.assert(mutilated, { numRuns: 1_000 })
  })
})
