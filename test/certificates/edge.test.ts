import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUTHORITIES } from '../../shared/certificates/store-keys.ts'
import { edgeProfile } from '../../shared/pki/index.ts'
import { certPem, forge, issueTo, newAuthority, openssl } from '../pki/support.ts'
import { ADMIN, actionsOf, newManager, textOf } from './support.ts'

const DEFAULTS = ['*.apps.front.test', '*.mongodb.front.test', 'front.front.test']

async function upload(names: string[]) {
  const authority = await newAuthority()
  const holder = await issueTo(authority, edgeProfile(names))
  return { pem: holder.cert + certPem(authority.certificate) + holder.key, holder }
}

describe('the default edge certificate', () => {
  it('is made at first use, once, and signed by the front’s CA', async () => {
    const { certificates, another, kv } = await newManager()
    const fronts = await Promise.all([1, 2, 3].map(() => another()))
    const all = await Promise.all(fronts.map((front) => front.edge.get('default')))
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    expect(all[0]).toMatchObject({ name: 'default', origin: 'front', names: DEFAULTS })
    const files = { 'ca.pem': await certificates.bundle(), 'it.pem': await certificates.edge.pem('default') }
    const args = 'verify -purpose sslserver -verify_hostname shop.apps.front.test -CAfile ca.pem it.pem'
    expect(await openssl(args, files)).toMatchObject({ ok: true })
    expect(await actionsOf(kv)).toEqual(['ca.create', 'edge.create'])
  })

  it('is renewed in time', async () => {
    const { certificates, pass } = await newManager()
    const first = await certificates.edge.get('default')
    pass(59)
    await certificates.maintain()
    expect(await certificates.edge.get('default')).toEqual(first)
    pass(2)
    await certificates.maintain()
    const second = await certificates.edge.get('default')
    expect(second.notAfterMs).toBeGreaterThan(first.notAfterMs)
  })

  it('is made anew when its CA is lost', async () => {
    const { certificates, kv } = await newManager()
    await certificates.edge.get('default')
    await kv.commit([], [{ key: AUTHORITIES, delete: true }])
    const [ca] = await certificates.trusted()
    expect(await certificates.edge.get('default')).toMatchObject({ issuerKeyId: ca?.id })
  })

  it('has the names of now', async () => {
    const { certificates, another } = await newManager()
    await certificates.edge.get('default')
    const moved = await another({ apiHost: 'api.front.test' })
    expect((await moved.edge.get('default')).names).toContain('api.front.test')
  })

  it('cannot be removed, but an uploaded one gives way to it again', async () => {
    const { certificates } = await newManager()
    await expect(certificates.edge.remove('default', ADMIN)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    const { pem } = await upload(DEFAULTS)
    expect(await certificates.edge.put('default', { pem, names: [] }, ADMIN)).toMatchObject({ origin: 'upload' })
    expect(await certificates.edge.get('default')).toMatchObject({ origin: 'upload' })
    await certificates.edge.remove('default', ADMIN)
    expect(await certificates.edge.get('default')).toMatchObject({ origin: 'front' })
  })

  it('must be good for all that it is served for', async () => {
    const { certificates } = await newManager()
    const { pem } = await upload(['front.front.test'])
    await expect(certificates.edge.put('default', { pem, names: [] }, ADMIN)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: DEFAULTS.slice(0, 2).map((name) => `The certificate is not good for ${name}`),
    })
  })
})

describe('an uploaded edge certificate', () => {
  it('is kept with its key under seal, and told without it', async () => {
    const { certificates, kv } = await newManager()
    const { pem, holder } = await upload(['shop.apps.front.test'])
    const told = await certificates.edge.put('shop', { pem, names: ['shop.apps.front.test'] }, ADMIN)
    expect(told).toMatchObject({ name: 'shop', names: ['shop.apps.front.test'], origin: 'upload' })
    expect(told.fingerprint).toBe(new X509Certificate(holder.cert).fingerprint256)
    expect(await certificates.edge.get('shop')).toEqual(told)
    expect((await certificates.edge.list()).map(({ name }) => name)).toEqual(['default', 'shop'])
    const secret = holder.key.split('\n').slice(1, -2)
    for (const text of [JSON.stringify(told), JSON.stringify(await certificates.edge.list()), await textOf(kv)]) {
      for (const line of secret) expect(text).not.toContain(line)
    }
    expect(JSON.stringify(await certificates.edge.list())).not.toContain('sealed')
    expect(await certificates.edge.pem('shop')).toContain(secret[0])
  })

  it('is refused with every problem at once, and nothing is kept', async () => {
    const { certificates, kv } = await newManager()
    const [one, other] = [await upload(['a.front.test']), await upload(['b.front.test'])]
    const before = await textOf(kv)
    const pem = one.holder.cert + other.holder.key
    await expect(certificates.edge.put('shop', { pem, names: ['c.front.test'] }, ADMIN)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: [
        'The private key does not belong to the first certificate',
        'The certificate is not good for c.front.test',
      ],
    })
    expect(await textOf(kv)).toBe(before)
  })

  it('is refused when it is good for no name', async () => {
    const { certificates } = await newManager()
    const { cert, key } = await forge(await newAuthority(), { ...edgeProfile([]), dnsNames: [] })
    const put = certificates.edge.put('shop', { pem: cert + key, names: [] }, ADMIN)
    await expect(put).rejects.toMatchObject({ message: 'The certificate is good for no name at all' })
  })

  it('can be removed', async () => {
    const { certificates } = await newManager()
    const { pem } = await upload(['a.front.test'])
    await certificates.edge.put('shop', { pem, names: [] }, ADMIN)
    await certificates.edge.remove('shop', ADMIN)
    const gone = { code: 'CERTIFICATE_NOT_FOUND' }
    await expect(certificates.edge.get('shop')).rejects.toMatchObject(gone)
    await expect(certificates.edge.remove('shop', ADMIN)).rejects.toMatchObject(gone)
  })
})
