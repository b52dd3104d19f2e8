import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Certificates } from '../../shared/certificates/certificates.ts'
import { crlKey, revokedOf } from '../../shared/certificates/store-keys.ts'
import { openssl } from '../pki/support.ts'
import { ADMIN, crlsPem, newManager } from './support.ts'

async function verify(certificates: Certificates, cert: string) {
  const files = { 'ca.pem': await certificates.bundle(), 'crl.pem': await crlsPem(certificates), 'it.pem': cert }
  return openssl('verify -x509_strict -crl_check -CRLfile crl.pem -CAfile ca.pem it.pem', files)
}

/** What a Node server with our revocation list makes of a client. */
async function serverSees(certificates: Certificates, client: { cert: string; key: string | null }): Promise<string> {
  const [name] = (await certificates.edge.list()).map(({ name }) => name)
  const pem = await certificates.edge.pem(name ?? '')
  const trust = { ca: await certificates.bundle(), crl: await crlsPem(certificates) }
  const server = createServer({ ...trust, cert: pem, key: pem, requestCert: true, rejectUnauthorized: false })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const address = { host: '127.0.0.1', port, servername: 'front.front.test', ...trust }
  const socket = connect({ ...address, cert: client.cert, key: client.key ?? '' })
  onTestFinished(() => void socket.destroy())
  const [[accepted]] = (await Promise.all([once(server, 'secureConnection'), once(socket, 'secureConnect')])) as [
    [TLSSocket],
    unknown,
  ]
  onTestFinished(() => void accepted.destroy())
  return accepted.authorized ? String(accepted.getPeerCertificate().subject.CN) : String(accepted.authorizationError)
}

describe('a revoked certificate', () => {
  it('is refused by OpenSSL from then on, and no other is', async () => {
    const { certificates } = await newManager()
    const [one, other] = [await certificates.certificateOf('web-1'), await certificates.certificateOf('web-2')]
    expect(await verify(certificates, one.certificate.certificate)).toMatchObject({ ok: true })
    await certificates.revoke('web-1', 'keyCompromise', ADMIN)
    expect(await verify(certificates, one.certificate.certificate)).toEqual({
      ok: false,
      text: expect.stringContaining('error 23 at'),
    })
    expect(await verify(certificates, other.certificate.certificate)).toMatchObject({ ok: true })
  })

  it('is refused by a Node server with the list', async () => {
    const { certificates } = await newManager()
    const { certificate, key } = await certificates.certificateOf('web-1')
    const client = { cert: certificate.certificate, key }
    expect(await serverSees(certificates, client)).toBe('web-1')
    await certificates.revoke('web-1', 'keyCompromise', ADMIN)
    expect(await serverSees(certificates, client)).toBe('CERT_REVOKED')
  })

  it('of the old CA is on the old CA’s list', async () => {
    const { certificates, pass, nowMs } = await newManager()
    const { certificate } = await certificates.certificateOf('web-1')
    await certificates.rotateCa(ADMIN)
    pass(10)
    await certificates.revoke('web-1', 'superseded', ADMIN)
    const files = { 'ca.pem': await certificates.bundle(), 'crl.pem': await crlsPem(certificates) }
    const args = `verify -attime ${Math.floor(nowMs() / 1_000)} -crl_check -CRLfile crl.pem -CAfile ca.pem it.pem`
    expect(await openssl(args, { ...files, 'it.pem': certificate.certificate })).toEqual({
      ok: false,
      text: expect.stringContaining('error 23 at'),
    })
  })
})

describe('a revocation list', () => {
  it('is signed again for a revocation and after a day, and otherwise stays', async () => {
    const { certificates, pass } = await newManager()
    const first = await certificates.crl()
    expect(await certificates.crl()).toEqual(first)
    await certificates.certificateOf('web-1')
    expect((await certificates.crl()).number).toBe(1)
    await certificates.revoke('web-1', 'superseded', ADMIN)
    expect((await certificates.crl()).number).toBe(2)
    pass(0.9)
    expect((await certificates.crl()).number).toBe(2)
    pass(0.2)
    await certificates.maintain()
    await certificates.maintain()
    expect((await certificates.crl()).number).toBe(3)
  })

  it('has a number of its own for each content, though several fronts sign', async () => {
    const { another, certificates } = await newManager()
    const fronts = await Promise.all([1, 2, 3, 4].map(() => another()))
    const seen = new Map<number, string>()
    for (let round = 0; round < 5; round++) {
      await certificates.renew('web-1', ADMIN)
      await certificates.revoke('web-1', 'superseded', ADMIN)
      for (const { number, der } of await Promise.all(fronts.map((front) => front.crl()))) {
        const text = Buffer.from(der).toString('hex')
        expect(seen.get(number) ?? text).toBe(text)
        seen.set(number, text)
      }
    }
    expect([...seen.keys()]).toEqual([1, 2, 3, 4, 5])
  })

  it('may be longer than a value of the store, and the parts of the one before are gone', async () => {
    const { certificates, kv, nowMs } = await newManager()
    const { caId } = await certificates.crl()
    const serials = Array.from({ length: 12_000 }, (_, at) => (at + 2 ** 44).toString(16).padStart(32, '4'))
    const value = { issuerKeyId: caId, notAfterMs: nowMs() + 1e9, revokedAtMs: nowMs(), reason: 'superseded' }
    const key = revokedOf(caId)
    const writes = serials.map((serial) => ({ key: key + serial, value: { ...value, serial } }))
    for (let at = 0; at < writes.length; at += 1_000) await kv.commit([], writes.slice(at, at + 1_000))
    await kv.commit([], [{ key: `crl/due/${caId}/1`, value: true }])
    const long = await certificates.crl()
    expect(long.der.length).toBeGreaterThan(400_000)
    expect((await certificates.crl()).der).toEqual(long.der)
    expect((await kv.list('crl/parts/')).entries.map(({ key }) => key)).toHaveLength(3)
    const { text } = await openssl('crl -inform DER -in it.crl -noout -crlnumber', { 'it.crl': long.der })
    expect(text).toMatch(/crlNumber=0x0*2$/m)
  })

  it('forgets what has expired, also in the store', async () => {
    const { certificates, kv, pass } = await newManager()
    await certificates.certificateOf('web-1')
    await certificates.revoke('web-1', 'superseded', ADMIN)
    const { caId } = await certificates.crl()
    pass(80)
    await certificates.maintain()
    expect((await kv.list(revokedOf(caId))).entries).toHaveLength(1)
    pass(20)
    await certificates.maintain()
    expect((await kv.list(revokedOf(caId))).entries).toEqual([])
  })

  it('is signed anew when its parts are gone', async () => {
    const { certificates, kv } = await newManager()
    const { caId } = await certificates.crl()
    await kv.commit([], [{ key: `crl/parts/${caId}/1/0`, delete: true }])
    expect(await certificates.crl()).toMatchObject({ number: 2 })
    expect(await kv.get(crlKey(caId))).toMatchObject({ value: { number: 2 } })
  })
})
