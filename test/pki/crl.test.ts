import { describe, expect, it } from 'vitest'
import { type Bytes, type Revocation, toPem } from '../../shared/pki/index.ts'
import { DAY_MS, newAuthority, openssl } from './support.ts'

const NOW = Date.UTC(2030, 0, 2, 3, 4, 5, 678)
const SERIAL = '40000000000000000000000000000001'

type Entry = Omit<Revocation, 'issuerKeyId'>
const revocation = (serial: string, change: Partial<Entry> = {}): Entry => {
  return { serial, revokedAtMs: NOW - DAY_MS, reason: 'superseded', notAfterMs: NOW + DAY_MS, ...change }
}

async function listOf(entries: Entry[], number = 7) {
  const authority = await newAuthority({ now: () => NOW })
  const revocations = entries.map((entry) => ({ ...entry, issuerKeyId: authority.keyId }))
  return { authority, ...(await authority.signCrl({ number, revocations })) }
}

const read = async (crl: Bytes) => {
  const { text } = await openssl('crl -in it.pem -noout -text', { 'it.pem': toPem('X509 CRL', crl) })
  return text.replace(/\s+/g, ' ')
}

describe('a revocation list', () => {
  it('says who, when and until when, as OpenSSL reads it', async () => {
    const { authority, crl, ...times } = await listOf([])
    const seen = await read(crl)
    expect(seen).toContain('Version 2 (0x1) Signature Algorithm: ecdsa-with-SHA256')
    expect(seen).toContain(`Issuer: ${authority.description.subject.replace('=', ' = ')} Last`)
    expect(seen).toContain('Last Update: Jan 2 02:59:05 2030 GMT Next Update: Feb 1 03:04:05 2030 GMT')
    expect(seen).toContain('X509v3 CRL Number: 7 ')
    expect(seen.replaceAll(':', '').toLowerCase()).toContain(`authority key identifier ${authority.keyId}`)
    expect(times).toEqual({ thisUpdateMs: NOW - 678 - 300_000, nextUpdateMs: NOW - 678 + 30 * DAY_MS })
  })

  it('is signed by its CA, and by no other', async () => {
    const { authority, crl } = await listOf([])
    const files = { 'crl.der': crl, 'ca.pem': toPem('CERTIFICATE', authority.certificate) }
    const check = 'crl -inform DER -in crl.der -noout -CAfile ca.pem'
    expect((await openssl(check, files)).text).toBe('verify OK\n')
    const other = toPem('CERTIFICATE', (await newAuthority()).certificate)
    expect((await openssl(check, { ...files, 'ca.pem': other })).text).toContain('Error getting CRL issuer certificate')
  })

  it('has no list in it when nothing is revoked', async () => {
    const { crl } = await listOf([])
    expect(await read(crl)).toContain('No Revoked Certificates.')
    const { text } = await openssl('asn1parse -inform DER -in crl.der', { 'crl.der': crl })
    expect(text).toMatch(/UTCTIME.*\n.*UTCTIME.*\n.*cont \[ 0 \]/)
  })

  it.each([
    ['keyCompromise', 'Key Compromise'],
    ['affiliationChanged', 'Affiliation Changed'],
    ['superseded', 'Superseded'],
    ['cessationOfOperation', 'Cessation Of Operation'],
    ['privilegeWithdrawn', 'Privilege Withdrawn'],
  ] as const)('names serial, date and reason: %s', async (reason, expected) => {
    const { crl } = await listOf([revocation(SERIAL, { reason })])
    expect(await read(crl)).toContain(
      `Serial Number: ${SERIAL} Revocation Date: Jan 1 03:04:05 2030 GMT ` +
        `CRL entry extensions: X509v3 CRL Reason Code: ${expected} Signature`,
    )
  })

  it('leaves the reason out where there is none', async () => {
    const { crl } = await listOf([revocation(SERIAL, { reason: 'unspecified' })])
    expect(await read(crl)).toContain('Revocation Date: Jan 1 03:04:05 2030 GMT Signature')
  })

  it('names only what its own CA signed, by the key id and not by the serial', async () => {
    const authority = await newAuthority({ now: () => NOW })
    const own = { ...revocation('4a'), issuerKeyId: authority.keyId }
    const foreign = { ...revocation('4b'), issuerKeyId: (await newAuthority()).keyId }
    const { crl } = await authority.signCrl({ number: 1, revocations: [foreign, own, { ...foreign, serial: '4a' }] })
    expect((await read(crl)).match(/Serial Number: \w+/g)).toEqual(['Serial Number: 4A'])
  })

  it('names a certificate once, however often it was revoked', async () => {
    const { crl } = await listOf([revocation('4a'), revocation('4A'), revocation('4b')])
    expect((await read(crl)).match(/Serial Number/g)).toHaveLength(2)
  })

  it.each([
    ['just expired', 0, true],
    ['expired yesterday, so that one list after its end still has it', -1, true],
    ['expired three days ago', -3, false],
  ])('forgets a certificate some time after it expired: %s', async (_, endsOnDay, expected) => {
    const { crl } = await listOf([revocation(SERIAL, { notAfterMs: NOW + endsOnDay * DAY_MS })])
    expect((await read(crl)).includes(SERIAL)).toBe(expected)
  })

  it.each([0, 1, 127, 128, 255, 256, 65_535, 2 ** 32, Number.MAX_SAFE_INTEGER])(
    'takes the number %i',
    async (number) => {
      const { crl } = await listOf([], number)
      const { text } = await openssl('crl -inform DER -in crl.der -noout -crlnumber', { 'crl.der': crl })
      expect(Number(text.replace('crlNumber=', ''))).toBe(number)
    },
  )

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the number %d', async (number) => {
    await expect(listOf([], number)).rejects.toThrow(RangeError)
  })

  it.each(['', 'xyz', '0x1f', 'abc', '-1'])('refuses the serial %j', async (serial) => {
    await expect(listOf([revocation(serial)])).rejects.toThrow(RangeError)
  })

  it('may have 20,000 entries', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => revocation((2 ** 40 + at).toString(16).padStart(12, '0')))
    const { crl } = await listOf(many)
    const { text } = await openssl('crl -in it.pem -noout -text', { 'it.pem': toPem('X509 CRL', crl) })
    expect(text.match(/Serial Number/g)).toHaveLength(20_000)
  })
})
