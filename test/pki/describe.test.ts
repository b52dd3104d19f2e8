import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { describeCertificate, fingerprint } from '../../shared/pki/index.ts'
import { issueTo, newAuthority, openssl, profileOf } from './support.ts'

// Hundreds of mutilated certificates, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

describe('describeCertificate', () => {
  it('gives the fingerprint that OpenSSL gives', async () => {
    const { certificate, cert } = await issueTo(await newAuthority(), profileOf('web-1'))
    const { text } = await openssl('x509 -in it.pem -noout -fingerprint -sha256', { 'it.pem': cert })
    expect(text.trim()).toBe(`sha256 Fingerprint=${await fingerprint(certificate)}`)
  })

  it('names the holder', async () => {
    const { certificate } = await issueTo(await newAuthority(), profileOf('web-1', '192.0.2.7'))
    expect(await describeCertificate(certificate)).toMatchObject({
      subject: 'CN=web-1',
      sans: [...profileOf('web-1').dnsNames, '192.0.2.7'],
      isCa: false,
    })
  })

  it.each([
    ['nothing', (_: Uint8Array) => new Uint8Array()],
    ['half of it', (der: Uint8Array) => der.slice(0, der.length / 2)],
    ['one byte more', (der: Uint8Array) => Uint8Array.of(...der, 0)],
    ['text', () => new TextEncoder().encode('hello')],
  ])('refuses what is not exactly one certificate: %s', async (_, change) => {
    const { certificate } = await newAuthority()
    await expect(describeCertificate(change(certificate))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })

  it('describes or refuses, but never fails otherwise, whatever bytes were changed', async () => {
    const { certificate } = await issueTo(await newAuthority(), profileOf('web-1', '192.0.2.7'))
    const change = fc.record({ at: fc.nat(certificate.length - 1), to: fc.nat(255) })
    const mutilated = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const der = certificate.slice()
      for (const { at, to } of changes) der[at] = to
      const described = await describeCertificate(der).catch((error: unknown) => error)
      if (described instanceof Error) expect(described).toMatchObject({ code: 'INVALID_INPUT' })
      else expect(described).toMatchObject({ notBeforeMs: expect.any(Number), notAfterMs: expect.any(Number) })
    })
    await fc.assert(mutilated, { numRuns: 500 })
  })
})
