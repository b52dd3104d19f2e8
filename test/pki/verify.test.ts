/** What OpenSSL accepts and refuses of what we sign. */
import { describe, expect, it } from 'vitest'
import { edgeProfile, frontProfile, type Profile } from '../../shared/pki/index.ts'
import {
  API_HOST,
  certPem,
  crlPem,
  DAY_MS,
  DOMAIN,
  forge,
  issueTo,
  newAuthority,
  openssl,
  profileOf,
} from './support.ts'

interface Verification {
  ca: string
  cert: string
  crl: string
  options?: string
}

function verify({ ca, cert, crl, options = '' }: Verification) {
  const checks = '-x509_strict -check_ss_sig -crl_check -CRLfile crl.pem -CAfile ca.pem'
  const args = `verify ${checks} ${options} it.pem`.replace(/ +/g, ' ')
  return openssl(args, { 'ca.pem': ca, 'it.pem': cert, 'crl.pem': crl })
}

/** A CA with an empty revocation list, and one certificate of it. */
async function setting(profile: Profile = profileOf('web-1')) {
  const authority = await newAuthority()
  const holder = await issueTo(authority, profile)
  const files = { ca: certPem(authority.certificate), cert: holder.cert, crl: await crlPem(authority) }
  return { authority, holder, files }
}

const at = (ms: number) => `-attime ${Math.floor((Date.now() + ms) / 1_000)}`

describe('openssl verify accepts', () => {
  it.each([
    ['an agent', profileOf('web-1'), ''],
    ['an agent as a server', profileOf('web-1'), '-purpose sslserver'],
    ['an agent as a client', profileOf('web-1'), '-purpose sslclient'],
    ['an agent by its database', profileOf('web-1'), `-verify_hostname web-1.mongodb.${DOMAIN}`],
    ['an agent by one of several databases', profileOf('web-1'), `-verify_hostname orders.web-1.mongodb.${DOMAIN}`],
    ['an agent by its ingress', profileOf('web-1'), `-verify_hostname web-1.agents.${DOMAIN}`],
    ['an agent by localhost', profileOf('web-1'), '-verify_hostname localhost'],
    ['an agent by its verified address', profileOf('web-1', '192.0.2.7'), '-verify_ip 192.0.2.7'],
    ['an agent by its verified IPv6 address', profileOf('web-1', '2001:db8::7'), '-verify_ip 2001:db8::7'],
    ['the front as a client', frontProfile(API_HOST), '-purpose sslclient'],
    ['the edge by a name under its wildcard', edgeProfile([`*.apps.${DOMAIN}`]), `-verify_hostname a.apps.${DOMAIN}`],
    ['a certificate on its last day', profileOf('web-1'), `${at(29 * DAY_MS)}`],
    ['a certificate where the clock is four minutes slow', profileOf('web-1'), at(-4 * 60_000)],
  ])('%s', async (_, profile, options) => {
    const { files } = await setting(profile)
    expect(await verify({ ...files, options })).toEqual({ ok: true, text: 'it.pem: OK\n' })
  })

  it('a certificate while another of the same holder is revoked', async () => {
    const { authority, files } = await setting()
    const crl = await crlPem(authority, [await issueTo(authority, profileOf('web-1'))])
    expect(await verify({ ...files, crl })).toMatchObject({ ok: true })
  })

  it('certificates of two CAs with the bundle of both and the lists of both', async () => {
    const [older, newer] = [await setting(), await setting()]
    const [ca, crl] = [older.files.ca + newer.files.ca, newer.files.crl + older.files.crl]
    for (const { cert } of [older.files, newer.files])
      expect(await verify({ ca, crl, cert })).toMatchObject({ ok: true })
  })
})

describe('openssl verify refuses', () => {
  const refusal = (error: number) => ({ ok: false, text: expect.stringContaining(`error ${error} at`) })

  it('a revoked certificate (23)', async () => {
    const { authority, holder, files } = await setting()
    const crl = await crlPem(authority, [holder])
    expect(await verify({ ...files, crl })).toEqual(refusal(23))
  })

  it('a certificate revoked by the older of two CAs, with the bundle and the lists of both (23)', async () => {
    const [older, newer] = [await setting(), await setting()]
    const [ca, crl] = [
      older.files.ca + newer.files.ca,
      newer.files.crl + (await crlPem(older.authority, [older.holder])),
    ]
    expect(await verify({ ca, crl, cert: older.files.cert })).toEqual(refusal(23))
    expect(await verify({ ca, crl, cert: newer.files.cert })).toMatchObject({ ok: true })
  })

  it('an expired certificate (10)', async () => {
    const { authority, files } = await setting()
    const { cert } = await issueTo(authority, profileOf('web-1'), { lifeMs: DAY_MS })
    expect(await verify({ ...files, cert, options: at(2 * DAY_MS) })).toEqual(refusal(10))
  })

  it('a certificate that is not valid yet (9)', async () => {
    const { files } = await setting()
    expect(await verify({ ...files, options: at(-DAY_MS) })).toEqual(refusal(9))
  })

  it("another CA's certificate (20)", async () => {
    const [{ files }, other] = [await setting(), await setting()]
    expect(await verify({ ...files, cert: other.files.cert })).toEqual(refusal(20))
  })

  it('everything when the list is that of another CA (3) or has expired (12)', async () => {
    const [{ files }, other] = [await setting(), await setting()]
    expect(await verify({ ...files, crl: other.files.crl })).toEqual(refusal(3))
    expect(await verify({ ...files, options: at(31 * DAY_MS) })).toEqual(refusal(12))
  })

  it.each([
    ["another agent's database", `-verify_hostname web-2.mongodb.${DOMAIN}`],
    ["another agent's ingress", `-verify_hostname web-2.agents.${DOMAIN}`],
    ['a database two labels down', `-verify_hostname a.b.web-1.mongodb.${DOMAIN}`],
    ['the common name', '-verify_hostname web-1'],
    ['the domain', `-verify_hostname ${DOMAIN}`],
  ])('a name that is not in it (62): %s', async (_, options) => {
    const { files } = await setting()
    expect(await verify({ ...files, options })).toEqual(refusal(62))
  })

  it('an address that is not in it (64)', async () => {
    const { files } = await setting(profileOf('web-1', '192.0.2.7'))
    expect(await verify({ ...files, options: '-verify_ip 192.0.2.8' })).toEqual(refusal(64))
  })

  it('the front as a server, the edge as a client (26)', async () => {
    const [front, edge] = [await setting(frontProfile(API_HOST)), await setting(edgeProfile([`*.apps.${DOMAIN}`]))]
    expect(await verify({ ...front.files, options: '-purpose sslserver' })).toEqual(refusal(26))
    expect(await verify({ ...edge.files, options: '-purpose sslclient' })).toEqual(refusal(26))
  })

  // Our own code signs no such certificate: somebody who stole the key, or a mistake of ours, could.
  it.each([
    ['a DNS name', { dnsNames: ['bank.example'] }],
    ['one foreign name among its own', { dnsNames: [`a.${DOMAIN}`, 'bank.example'] }],
    ['a name that only ends alike', { dnsNames: [`evil${DOMAIN}`] }],
    ['a wildcard', { dnsNames: ['*.example'] }],
    ['a host as common name, with no other name', { commonName: 'bank.example' }],
  ])('a name outside the constraints of the CA (47): %s', async (_, claim) => {
    const { authority, files } = await setting()
    const { cert } = await forge(authority, { ...frontProfile(API_HOST), dnsNames: [], ...claim })
    expect(await verify({ ...files, cert })).toEqual(refusal(47))
  })

  it('an agent that signs for others (79)', async () => {
    const { holder, files } = await setting()
    const { cert } = await forge(holder, profileOf('web-2'))
    const ca = files.ca + holder.cert
    expect(await verify({ ...files, ca, cert })).toEqual(refusal(79))
  })
})
