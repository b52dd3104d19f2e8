import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AUTHORITIES } from '../../shared/certificates/store-keys.ts'
import { agentKeyOf } from '../../shared/identity/agent-record.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import { folderWith, openssl, opensslIn } from '../pki/support.ts'
import { ADMIN, actionsOf, crlsPem, newManager, textOf } from './support.ts'

const serialsOf = async (crls: string) => {
  const { text } = await openssl('crl -in crl.pem -noout -text', { 'crl.pem': crls })
  return [...text.matchAll(/Serial Number: (\w+)/g)].map(([, serial]) => serial?.toLowerCase()).sort()
}

describe('an agent’s certificate', () => {
  it('is made when it is first asked for, with its key, and stays', async () => {
    const { certificates, another, kv } = await newManager()
    const { certificate, key } = await certificates.certificateOf('web-1')
    const seen = new X509Certificate(certificate.certificate)
    expect(seen.subject).toBe('CN=web-1')
    expect(seen.checkPrivateKey(createPrivateKey(key ?? ''))).toBe(true)
    expect(seen.fingerprint256).toBe(certificate.fingerprint)
    expect(await (await another()).certificateOf('web-1')).toEqual({ certificate, key })
    expect(await actionsOf(kv)).toEqual(['ca.create', 'certificate.issue'])
  })

  it('is made once, though several ask at the same moment', async () => {
    const { another } = await newManager()
    const fronts = await Promise.all([1, 2, 3, 4].map(() => another()))
    const all = await Promise.all(fronts.map((front) => front.certificateOf('web-1')))
    expect(new Set(all.map(({ certificate }) => certificate.serial)).size).toBe(1)
  })

  it.each([
    [59.9, false],
    [60.1, true],
    [91, true],
  ])('after %d of its 90 days: renewed with a new key is %s', async (days, isRenewed) => {
    const { certificates, pass } = await newManager()
    const before = await certificates.certificateOf('web-1')
    pass(days)
    const after = await certificates.certificateOf('web-1')
    expect(after.certificate.serial !== before.certificate.serial).toBe(isRenewed)
    expect(after.key !== before.key).toBe(isRenewed)
    expect(after.certificate.notAfterMs >= before.certificate.notAfterMs).toBe(true)
  })

  it('is nobody’s who is no agent', async () => {
    const { certificates, removeAgent } = await newManager()
    await expect(certificates.certificateOf('web-3')).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' })
    await removeAgent('web-1')
    await expect(certificates.renew('web-1', ADMIN)).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' })
  })

  it('is not made for an agent that is removed at that moment', async () => {
    const kv = stagedKv(memoryKv())
    const manager = await newManager({
      ...kv,
      async commit(checks, writes) {
        const isIssue = writes.some(({ key }) => key.startsWith('certificates/expiries/'))
        if (isIssue) await kv.commit([], [{ key: agentKeyOf('web-1'), delete: true }])
        return kv.commit(checks, writes)
      },
    })
    await expect(manager.certificates.certificateOf('web-1')).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' })
    expect((await kv.list('certificates/')).entries).toEqual([])
  })

  it('is made anew when its CA is lost', async () => {
    const { certificates, kv } = await newManager()
    const before = await certificates.certificateOf('web-1')
    await kv.commit([], [{ key: AUTHORITIES, delete: true }])
    const after = await certificates.certificateOf('web-1')
    const [ca] = await certificates.trusted()
    expect(after.certificate.issuerKeyId).toBe(ca?.id)
    expect(before.certificate.issuerKeyId).not.toBe(ca?.id)
  })

  it('is not given without end', async () => {
    const { certificates, pass } = await newManager()
    for (let i = 0; i < 20; i++) await certificates.renew('web-1', ADMIN)
    const refusal = { code: 'TOO_MANY_REQUESTS', headers: { 'retry-after': '86400' } }
    await expect(certificates.renew('web-1', ADMIN)).rejects.toMatchObject(refusal)
    await expect(certificates.certificateOf('web-1')).resolves.toBeDefined()
    await expect(certificates.renew('web-2', ADMIN)).resolves.toBeDefined()
    pass(1)
    await expect(certificates.renew('web-1', ADMIN)).resolves.toBeDefined()
  })

  it('is listed without its key', async () => {
    const { certificates } = await newManager()
    await certificates.certificateOf('web-1')
    await certificates.certificateOf('web-2')
    const first = await certificates.list({ after: '', limit: 1 })
    const second = await certificates.list({ after: first.next ?? '', limit: 1 })
    expect([...first.records, ...second.records].map(({ agentId }) => agentId)).toEqual(['web-1', 'web-2'])
  })
})

describe('a key that is the agent’s alone', () => {
  const request = async (subjectAltName: string) => {
    const folder = await folderWith()
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem'
    await opensslIn(folder, `req -new ${key} -subj /CN=web-1 -addext subjectAltName=${subjectAltName} -out csr.pem`)
    return { csr: await readFile(join(folder, 'csr.pem'), 'utf8'), folder }
  }
  const own = 'DNS:web-1.mongodb.front.test'

  it('is certified, never seen, and certified again in time', async () => {
    const { certificates, pass } = await newManager()
    const { csr } = await request(own)
    const { certificate, key } = await certificates.issueFromCsr('web-1', csr, ADMIN)
    expect(key).toBeNull()
    expect(await certificates.certificateOf('web-1')).toEqual({ certificate, key: null })
    pass(61)
    const renewed = await certificates.certificateOf('web-1')
    expect(renewed.key).toBeNull()
    expect(renewed.certificate.serial).not.toBe(certificate.serial)
    expect(renewed.certificate.publicKey).toBe(certificate.publicKey)
    expect((await certificates.renew('web-1', ADMIN)).certificate.publicKey).toBe(certificate.publicKey)
  })

  it('is not certified for another agent’s name', async () => {
    const { certificates, kv } = await newManager()
    const { csr } = await request(`${own},DNS:web-2.mongodb.front.test`)
    const before = await textOf(kv)
    await expect(certificates.issueFromCsr('web-1', csr, ADMIN)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('web-2.mongodb.front.test'),
    })
    expect(await textOf(kv)).toBe(before)
  })

  it('becomes so when the agent has the front forget it', async () => {
    const { certificates, kv, pass } = await newManager()
    await expect(certificates.forgetKey('web-1', ADMIN)).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' })
    const { certificate } = await certificates.certificateOf('web-1')
    await certificates.forgetKey('web-1', ADMIN)
    expect(JSON.stringify((await kv.list('certificates/agents/')).entries)).not.toContain('sealed1')
    expect((await certificates.certificateOf('web-1')).key).toBeNull()
    pass(61)
    expect((await certificates.certificateOf('web-1')).certificate.publicKey).toBe(certificate.publicKey)
  })
})

describe('a revocation', () => {
  it('takes all that the agent has, and a new certificate has a new key', async () => {
    const { certificates, kv } = await newManager()
    const first = await certificates.certificateOf('web-1')
    const second = await certificates.renew('web-1', ADMIN)
    const other = await certificates.certificateOf('web-2')
    expect(await certificates.revoke('web-1', 'keyCompromise', ADMIN)).toBe(2)
    const serials = [first, second].map(({ certificate }) => certificate.serial).sort()
    expect(await serialsOf(await crlsPem(certificates))).toEqual(serials)
    expect(serials).not.toContain(other.certificate.serial)
    expect((await certificates.certificateOf('web-1')).key).not.toBe(second.key)
    expect((await actionsOf(kv)).filter((action) => action === 'certificate.revoke')).toHaveLength(1)
  })

  it('does not take what was never made', async () => {
    const { certificates } = await newManager()
    await expect(certificates.revoke('web-1', 'unspecified', ADMIN)).rejects.toMatchObject({
      code: 'CERTIFICATE_NOT_FOUND',
    })
    expect(await certificates.revocations('web-1')).toMatchObject({ writes: [] })
  })

  it('can be part of another commit', async () => {
    const { certificates, kv } = await newManager()
    const { certificate } = await certificates.certificateOf('web-1')
    const { checks, writes } = await certificates.revocations('web-1')
    expect(await serialsOf(await crlsPem(certificates))).toEqual([])
    await kv.commit(checks, writes)
    expect(await serialsOf(await crlsPem(certificates))).toEqual([certificate.serial])
    expect((await certificates.certificateOf('web-1')).certificate.serial).not.toBe(certificate.serial)
  })

  it('does not miss a certificate that is made at the same moment', async () => {
    const { certificates, kv } = await newManager()
    await certificates.certificateOf('web-1')
    const { checks, writes } = await certificates.revocations('web-1')
    await certificates.renew('web-1', ADMIN)
    expect(await kv.commit(checks, writes)).toEqual({ ok: false })
    const none = await certificates.revocations('web-2')
    await certificates.certificateOf('web-2')
    expect(await kv.commit(none.checks, [...none.writes, { key: 'x', value: 1 }])).toEqual({ ok: false })
  })
})

describe('an agent that is removed', () => {
  it('leaves nothing but revocations', async () => {
    const { certificates, kv, removeAgent } = await newManager()
    const { certificate } = await certificates.certificateOf('web-1')
    await removeAgent('web-1')
    expect(await serialsOf(await crlsPem(certificates))).toEqual([certificate.serial])
    const keys = (await kv.list('certificates/')).entries.map(({ key }) => key)
    expect(keys).toEqual([`certificates/revoked/${certificate.issuerKeyId}/${certificate.serial}`])
  })

  it('leaves nothing to the next of its name', async () => {
    const { certificates, addAgent, removeAgent } = await newManager()
    const before = await certificates.certificateOf('web-1')
    await removeAgent('web-1')
    await addAgent('web-1', 'second')
    await expect(certificates.forgetKey('web-1', ADMIN)).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' })
    const after = await certificates.certificateOf('web-1')
    expect(after.key).not.toBe(before.key)
    expect(after.certificate.publicKey).not.toBe(before.certificate.publicKey)
  })

  it('leaves nothing even where its record was left behind: what is in it ends on the list', async () => {
    const { certificates, addAgent } = await newManager()
    const before = await certificates.certificateOf('web-1')
    await certificates.forgetKey('web-1', ADMIN)
    await addAgent('web-1', 'second')
    const after = await certificates.certificateOf('web-1')
    expect(after.certificate.publicKey).not.toBe(before.certificate.publicKey)
    expect(await serialsOf(await crlsPem(certificates))).toEqual([before.certificate.serial])
  })
})
