import { describe, expect, it } from 'vitest'
import {
  exportPrivateKey,
  exportPublicKey,
  fromPem,
  generateKeyPair,
  importPrivateKey,
  importPublicKey,
  keysFit,
  toPem,
} from '../../shared/pki/index.ts'
import { keyPem, openssl } from './support.ts'

const derOf = (pem: string) => fromPem(pem)[0]?.der ?? new Uint8Array()

describe('keys', () => {
  it('are P-256, as OpenSSL reads them', async () => {
    const { privateKey, publicKey } = await generateKeyPair()
    const { text } = await openssl('pkey -in key.pem -noout -text', { 'key.pem': await keyPem(privateKey) })
    expect(text).toContain('NIST CURVE: P-256')
    const publicPem = toPem('PUBLIC KEY', await exportPublicKey(publicKey))
    expect((await openssl('pkey -in key.pem -pubout', { 'key.pem': await keyPem(privateKey) })).text).toBe(publicPem)
  })

  it('of OpenSSL can be imported', async () => {
    const made = await openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256')
    const taken = await openssl('pkey -in key.pem -pubout', { 'key.pem': made.text })
    const privateKey = await importPrivateKey(derOf(made.text))
    expect(await keysFit(privateKey, await importPublicKey(derOf(taken.text)))).toBe(true)
  })

  it('come back from PKCS#8 as they were, and leave WebCrypto only when asked for', async () => {
    const { privateKey, publicKey } = await generateKeyPair()
    const pkcs8 = await exportPrivateKey(privateKey)
    expect(await keysFit(await importPrivateKey(pkcs8), publicKey)).toBe(true)
    await expect(exportPrivateKey(await importPrivateKey(pkcs8))).rejects.toThrow()
    expect(await exportPrivateKey(await importPrivateKey(pkcs8, { extractable: true }))).toEqual(pkcs8)
  })

  it('fit each other or do not', async () => {
    const [a, b] = await Promise.all([generateKeyPair(), generateKeyPair()])
    expect(await keysFit(a.privateKey, a.publicKey)).toBe(true)
    expect(await keysFit(a.privateKey, b.publicKey)).toBe(false)
  })
})
