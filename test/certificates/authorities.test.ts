import { describe, expect, it } from 'vitest'
import { describeCertificate, fromPem } from '../../shared/pki/index.ts'
import { openssl } from '../pki/support.ts'
import { ADMIN, actionsOf, crlsPem, newManager, textOf } from './support.ts'

const blocks = (pem: string) => fromPem(pem).length

describe('the first CA', () => {
  it('is made once, though several fronts start at the same moment', async () => {
    const manager = await newManager()
    const fronts = await Promise.all([1, 2, 3, 4, 5].map(() => manager.another()))
    const bundles = await Promise.all(fronts.map((front) => front.bundle()))
    expect(new Set(bundles).size).toBe(1)
    expect(blocks(bundles[0] ?? '')).toBe(1)
    expect(await actionsOf(manager.kv)).toEqual(['ca.create'])
  })

  it('signs for every front on the store', async () => {
    const manager = await newManager()
    const ca = await manager.certificates.bundle()
    const { certificate } = await (await manager.another()).certificateOf('web-1')
    const files = { 'ca.pem': ca, 'it.pem': certificate.certificate }
    expect(await openssl('verify -CAfile ca.pem it.pem', files)).toMatchObject({ ok: true })
  })

  it('lies in the store with no private key in the clear', async () => {
    const { certificates, kv } = await newManager()
    const { key } = await certificates.certificateOf('web-1')
    await certificates.edge.list()
    await certificates.rotateCa(ADMIN)
    const text = await textOf(kv)
    expect(text).not.toContain('PRIVATE KEY')
    expect(text.match(/"sealedKey":"sealed1\./g)).toHaveLength(4)
    // PKCS#8 of P-256 always begins so.
    expect(text).not.toContain('MIGHAgEAMBMGByqGSM49')
    expect(key?.replaceAll('\n', '')).toContain('MIGHAgEAMBMGByqGSM49')
  })
})

describe('a rotation', () => {
  it('puts both CAs into the bundle, newest first, and changes who signs a week later', async () => {
    const { certificates, pass } = await newManager()
    const [first] = await certificates.trusted()
    const next = await certificates.rotateCa(ADMIN)
    expect(next.isSigning).toBe(false)
    expect(await signers(certificates)).toEqual([
      [next.id, false],
      [first?.id, true],
    ])
    expect((await certificates.certificateOf('web-1')).certificate.issuerKeyId).toBe(first?.id)
    pass(7)
    expect(await signers(certificates)).toEqual([
      [next.id, true],
      [first?.id, false],
    ])
    expect((await certificates.certificateOf('web-2')).certificate.issuerKeyId).toBe(next.id)
  })

  it('that was started already is not started again', async () => {
    const { certificates, kv, pass } = await newManager()
    const next = await certificates.rotateCa(ADMIN)
    expect(await certificates.rotateCa(ADMIN)).toEqual(next)
    expect(await actionsOf(kv)).toEqual(['ca.create', 'ca.rotate'])
    pass(8)
    expect((await certificates.rotateCa(ADMIN)).id).not.toBe(next.id)
    expect(await certificates.trusted()).toHaveLength(3)
  })

  it('leaves old certificates good, with the lists of both CAs, until they are renewed', async () => {
    const { certificates, pass, nowMs } = await newManager()
    const old = (await certificates.certificateOf('web-1')).certificate
    await certificates.rotateCa(ADMIN)
    pass(59)
    expect((await certificates.certificateOf('web-1')).certificate).toEqual(old)
    const files = { 'ca.pem': await certificates.bundle(), 'crl.pem': await crlsPem(certificates) }
    const args = `verify -attime ${Math.floor(nowMs() / 1_000)} -crl_check -CRLfile crl.pem -CAfile ca.pem it.pem`
    expect(await openssl(args, { ...files, 'it.pem': old.certificate })).toMatchObject({ ok: true })

    pass(2)
    const renewed = (await certificates.certificateOf('web-1')).certificate
    expect(renewed.issuerKeyId).not.toBe(old.issuerKeyId)
    const at = args.replace(/\d{9,}/, String(Math.floor(nowMs() / 1_000)))
    // Whoever has fetched bundle and lists at any time of the rotation knows the new CA too.
    expect(await openssl(at, { ...files, 'it.pem': renewed.certificate })).toMatchObject({ ok: true })
  })

  it('ends when nothing that the old CA signed can be valid: it leaves the bundle and the store', async () => {
    const { certificates, kv, pass } = await newManager()
    const [old] = await certificates.trusted()
    await certificates.certificateOf('web-1')
    await certificates.revoke('web-1', 'superseded', ADMIN)
    await certificates.rotateCa(ADMIN)
    await certificates.crls()
    pass(96)
    await certificates.maintain()
    expect(blocks(await certificates.bundle())).toBe(2)
    const keysOfOld = async () => (await kv.list('')).entries.filter(({ key }) => key.includes(old?.id ?? '?'))
    expect(await keysOfOld()).not.toEqual([])
    pass(2)
    await certificates.maintain()
    expect(blocks(await certificates.bundle())).toBe(1)
    expect(await keysOfOld()).toEqual([])
    expect(JSON.stringify((await kv.list('ca/')).entries)).not.toContain(old?.id)
    await expect(certificates.crl(old?.id)).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' })
  })

  it('begins by itself half a year before the CA ends', async () => {
    const { certificates, kv, pass } = await newManager()
    await certificates.maintain()
    pass(3_469)
    await certificates.maintain()
    expect(await certificates.trusted()).toHaveLength(1)
    pass(2)
    await Promise.all([certificates.maintain(), certificates.maintain()])
    expect(await certificates.trusted()).toHaveLength(2)
    expect((await actionsOf(kv)).filter((action) => action === 'ca.rotate')).toHaveLength(1)
  })
})

describe('another domain', () => {
  const elsewhere = { domain: 'other.test', appsDomain: 'apps.other.test', mongodbDomain: 'mongodb.other.test' }

  it('takes a new CA at once, and new certificates; the old ones stay good', async () => {
    const { certificates, another } = await newManager()
    const old = (await certificates.certificateOf('web-1')).certificate
    const moved = await another({ ...elsewhere, apiHost: 'front.other.test' })
    const renewed = (await moved.certificateOf('web-1')).certificate
    expect(renewed.names).toContain('web-1.mongodb.other.test')
    const files = { 'ca.pem': await moved.bundle(), 'old.pem': old.certificate, 'new.pem': renewed.certificate }
    expect(await openssl('verify -CAfile ca.pem old.pem new.pem', files)).toMatchObject({ ok: true })
  })

  it('does not make two fronts with different domains replace each other’s CA for ever', async () => {
    const { certificates, another } = await newManager()
    const moved = await another({ ...elsewhere, apiHost: 'front.other.test' })
    for (const front of [certificates, moved, certificates, moved]) await front.certificateOf('web-1')
    expect(await certificates.trusted()).toHaveLength(2)
  })

  it('drops a CA that waits and could not vouch for it', async () => {
    const { certificates, another } = await newManager()
    const waiting = await certificates.rotateCa(ADMIN)
    const moved = await another({ ...elsewhere, apiHost: 'front.other.test' })
    const ids = (await moved.trusted()).map(({ id }) => id)
    expect(ids).toHaveLength(2)
    expect(ids).not.toContain(waiting.id)
  })
})

it('the certificate of a CA tells what the manager says of it', async () => {
  const { certificates } = await newManager()
  const [ca] = await certificates.trusted()
  const [block] = fromPem(ca?.certificate ?? '')
  const told = await describeCertificate(block?.der ?? new Uint8Array())
  expect(ca).toMatchObject({ id: told.keyId, notBeforeMs: told.notBeforeMs, notAfterMs: told.notAfterMs })
})

async function signers(certificates: Awaited<ReturnType<typeof newManager>>['certificates']) {
  return (await certificates.trusted()).map(({ id, isSigning }) => [id, isSigning])
}
