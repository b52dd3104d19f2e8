import { describe, expect, it } from 'vitest'
import {
  createAuthority,
  createRootCa,
  describeCertificate,
  edgeProfile,
  exportPublicKey,
  frontProfile,
  generateKeyPair,
} from '../../shared/pki/index.ts'
import { API_HOST, CRL_URL, certPem, DAY_MS, DOMAIN, issueTo, newAuthority, openssl, profileOf } from './support.ts'

const text = async (der: Uint8Array<ArrayBuffer>) => {
  const { text } = await openssl('x509 -in it.pem -noout -text', { 'it.pem': certPem(der) })
  return text.replace(/\s+/g, ' ')
}

describe('the root certificate', () => {
  it('says what it is for, as OpenSSL reads it', async () => {
    const { certificate } = await createRootCa({ permittedDomains: [DOMAIN, 'localhost', `api.${DOMAIN}`, DOMAIN] })
    const seen = await text(certificate)
    expect(seen).toMatch(/Subject: CN = CloudLunacy Front CA [0-9a-f]{8} Subject Public Key Info/)
    expect(seen).toContain('NIST CURVE: P-256')
    expect(seen).toContain('X509v3 Basic Constraints: critical CA:TRUE, pathlen:0')
    expect(seen).toContain('X509v3 Key Usage: critical Certificate Sign, CRL Sign X509v3')
    expect(seen).toMatch(/X509v3 Subject Key Identifier: ([0-9A-F]{2}:){19}[0-9A-F]{2} /)
    expect(seen).toContain(`X509v3 Name Constraints: critical Permitted: DNS:${DOMAIN} DNS:localhost Signature`)
  })

  it('lives ten years, from five minutes ago', async () => {
    const nowMs = Date.UTC(2031, 4, 6, 7, 8, 9, 999)
    const { certificate } = await createRootCa({ permittedDomains: [DOMAIN], now: () => nowMs })
    const seen = await text(certificate)
    expect(seen).toContain('Not Before: May 6 07:03:09 2031 GMT Not After : May 3 07:08:09 2041 GMT')
  })

  it('writes dates from 2050 on as RFC 5280 wants them', async () => {
    const { certificate } = await createRootCa({ permittedDomains: [DOMAIN], now: () => Date.UTC(2045, 0) })
    const { text } = await openssl('asn1parse -in it.pem', { 'it.pem': certPem(certificate) })
    expect(text).toMatch(/UTCTIME +:441231235500Z/)
    expect(text).toMatch(/GENERALIZEDTIME +:20541230000000Z/)
  })

  it('is limited to the domains that it was made for', async () => {
    const authority = await newAuthority()
    expect(authority.permittedDomains).toEqual([DOMAIN, 'localhost'])
    expect(authority.permits(`a.b.${DOMAIN}`)).toBe(true)
    expect(authority.permits(`*.apps.${DOMAIN}`)).toBe(true)
    expect(authority.permits(`evil${DOMAIN}`)).toBe(false)
    expect(authority.permits('elsewhere.test')).toBe(false)
  })

  it.each([[[]], [['*.front.test']], [['Front.test']], [['front test']]])(
    'is refused for the domains %j',
    async (domains) => {
      await expect(createRootCa({ permittedDomains: domains })).rejects.toThrow(RangeError)
    },
  )

  it('has another name each time, so that nobody mistakes one CA for another', async () => {
    const subjects = await Promise.all([newAuthority(), newAuthority()])
    expect(subjects[0].description.subject).not.toBe(subjects[1].description.subject)
  })
})

describe("an agent's certificate", () => {
  it('says what it is for, as OpenSSL reads it', async () => {
    const authority = await newAuthority()
    const { certificate } = await issueTo(authority, profileOf('web-1', '192.0.2.7'))
    const seen = await text(certificate)
    expect(seen).toContain('Subject: CN = web-1 Subject')
    expect(seen).toContain(`Issuer: ${authority.description.subject.replace('=', ' = ')} Validity`)
    expect(seen).toContain('X509v3 Basic Constraints: critical CA:FALSE')
    expect(seen).toContain('X509v3 Key Usage: critical Digital Signature X509v3')
    expect(seen).toContain('X509v3 Extended Key Usage: TLS Web Server Authentication, TLS Web Client Authentication')
    expect(seen).toContain(`X509v3 CRL Distribution Points: Full Name: URI:${CRL_URL}`)
    expect(seen).toContain(
      'X509v3 Subject Alternative Name: DNS:web-1.mongodb.front.test, DNS:*.web-1.mongodb.front.test, ' +
        'DNS:web-1.agents.front.test, DNS:localhost, IP Address:192.0.2.7 ',
    )
  })

  it('names the key that signed it, and its own', async () => {
    const authority = await newAuthority()
    const issued = await issueTo(authority, profileOf('web-1'))
    const described = await describeCertificate(issued.certificate)
    expect(described.issuerKeyId).toBe(authority.keyId)
    expect(described.keyId).not.toBe(authority.keyId)
    expect(issued.issuerKeyId).toBe(authority.keyId)
  })

  it.each([
    ['no address', undefined, /DNS:localhost Signature/],
    ['an IPv6 address', '2001:db8::1', /IP Address:2001:DB8:0:0:0:0:0:1 /],
    ['an IPv4 address in IPv6', '::ffff:192.0.2.1', /IP Address:0:0:0:0:0:FFFF:C000:201 /],
  ])('carries an address only where one was verified: %s', async (_, ip, expected) => {
    const { certificate } = await issueTo(await newAuthority(), profileOf('web-1', ip))
    expect(await text(certificate)).toMatch(expected)
  })

  it('lives 90 days, and no longer than its CA', async () => {
    const nowMs = Date.UTC(2030, 0)
    let clockMs = nowMs
    const authority = await newAuthority({ now: () => clockMs })
    const early = await issueTo(authority, profileOf('web-1'))
    expect(early.notAfterMs).toBe(nowMs + 90 * DAY_MS)
    expect(early.notBeforeMs).toBe(nowMs - 5 * 60_000)
    clockMs = authority.description.notAfterMs - DAY_MS
    const late = await issueTo(authority, profileOf('web-1'))
    expect(late.notAfterMs).toBe(authority.description.notAfterMs)
    clockMs += 2 * DAY_MS
    await expect(issueTo(authority, profileOf('web-1'))).rejects.toThrow('has expired: rotate it')
  })

  it('says in its dates what the answer says', async () => {
    const issued = await issueTo(await newAuthority(), profileOf('web-1'), { lifeMs: 3_600_567 })
    const { notBeforeMs, notAfterMs, serial } = await describeCertificate(issued.certificate)
    expect({ notBeforeMs, notAfterMs, serial }).toEqual({
      notBeforeMs: issued.notBeforeMs,
      notAfterMs: issued.notAfterMs,
      serial: issued.serial,
    })
  })

  it.each([0, -1, 999, Number.NaN, 91 * DAY_MS])('refuses a life of %s ms', async (lifeMs) => {
    await expect(issueTo(await newAuthority(), profileOf('web-1'), { lifeMs })).rejects.toThrow(RangeError)
  })

  it.each([0x00, 0x80, 0xff])('has a positive serial of 16 octets, whatever is drawn (all %i)', async (octet) => {
    const authority = await newAuthority({ random: (length) => new Uint8Array(length).fill(octet) })
    const issued = await issueTo(authority, profileOf('web-1'))
    const { text } = await openssl('x509 -in it.pem -noout -serial', { 'it.pem': issued.cert })
    expect(text.trim()).toBe(`serial=${issued.serial.toUpperCase()}`)
    expect(issued.serial).toMatch(/^[4-7][0-9a-f]{31}$/)
  })

  it('has a serial of its own', async () => {
    const authority = await newAuthority()
    const serials = await Promise.all(
      Array.from({ length: 50 }, async () => (await issueTo(authority, profileOf('a'))).serial),
    )
    expect(new Set(serials).size).toBe(50)
  })

  it.each(['front', 'Web', 'a.b', 'a b', '', '-a', 'a'.repeat(64), '*', 'ä'])('refuses the agent id %j', (agentId) => {
    expect(() => profileOf(agentId)).toThrow(RangeError)
  })

  it.each(['1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4/8', 'fe80::1%eth0', '::1]', 'web'])(
    'refuses the address %j',
    async (ip) => {
      await expect(issueTo(await newAuthority(), profileOf('web-1', ip))).rejects.toThrow('not an IP address')
    },
  )
})

describe('the other certificates', () => {
  it('the front is a client and nothing else', async () => {
    const { certificate } = await issueTo(await newAuthority(), frontProfile(API_HOST))
    const seen = await text(certificate)
    expect(seen).toContain('Subject: CN = front Subject')
    expect(seen).toContain('Extended Key Usage: TLS Web Client Authentication X509v3')
    expect(seen).toContain(`Alternative Name: DNS:client.${API_HOST} Signature`)
  })

  it('the edge is a server for its names', async () => {
    const names = [`*.apps.${DOMAIN}`, `*.mongodb.${DOMAIN}`, `front.${DOMAIN}`]
    const seen = await text((await issueTo(await newAuthority(), edgeProfile(names))).certificate)
    expect(seen).toContain('Extended Key Usage: TLS Web Server Authentication X509v3')
    expect(seen).toContain(`Alternative Name: ${names.map((name) => `DNS:${name}`).join(', ')} Signature`)
  })

  it.each(['elsewhere.test', `x${DOMAIN}`])('are refused for %s, which the CA may not vouch for', async (name) => {
    await expect(issueTo(await newAuthority(), edgeProfile([name]))).rejects.toThrow('may not vouch')
  })

  it.each([`a\u0000.${DOMAIN}`, `A.${DOMAIN}`, `a_b.${DOMAIN}`, `*.*.${DOMAIN}`, `a.*.${DOMAIN}`, `..${DOMAIN}`])(
    'are refused for %j, which is no DNS name',
    async (name) => {
      await expect(issueTo(await newAuthority(), edgeProfile([name]))).rejects.toThrow('not a DNS name')
    },
  )

  it('are refused without any name', async () => {
    await expect(issueTo(await newAuthority(), edgeProfile([]))).rejects.toThrow('without any name')
  })
})

describe('createAuthority', () => {
  it('refuses a certificate that is no CA', async () => {
    const { certificate } = await issueTo(await newAuthority(), profileOf('web-1'))
    const { privateKey } = await generateKeyPair()
    await expect(createAuthority({ certificate, privateKey, crlUrl: CRL_URL })).rejects.toThrow(RangeError)
  })

  it("refuses a key that is not the CA's", async () => {
    const { certificate } = await newAuthority()
    const { privateKey } = await generateKeyPair()
    await expect(createAuthority({ certificate, privateKey, crlUrl: CRL_URL })).rejects.toThrow(RangeError)
  })

  it('takes a public key as CryptoKey or as its bytes', async () => {
    const authority = await newAuthority()
    const { publicKey } = await generateKeyPair()
    const issued = [
      await authority.issue(frontProfile(API_HOST), publicKey),
      await authority.issue(frontProfile(API_HOST), await exportPublicKey(publicKey)),
    ]
    const [a, b] = await Promise.all(issued.map(({ certificate }) => describeCertificate(certificate)))
    expect(a?.keyId).toBe(b?.keyId)
  })
})
