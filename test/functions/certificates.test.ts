import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'
import { folderWith, openssl, opensslIn } from '../pki/support.ts'

const PEM = 'application/x-pem-file'

/** A front of today with the agents vps-1 and vps-2, and the token of vps-1. */
async function withAgents() {
  const front = await harness()
  front.clock.nowMs = Date.now()
  const register = async (agentId: string) => {
    const body = { agentId, agentKey: `the-key-of-${agentId}`, targetIp: '203.0.113.7' }
    return (await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body })).body
  }
  const [{ token, ca }] = [await register('vps-1'), await register('vps-2')]
  const post = (path: string, body: unknown = {}, as = token) => front.call('POST', path, { token: as, body })
  const get = (path: string, as = token) => front.call('GET', path, { token: as })
  return { ...front, token: token as string, ca: ca as string, post, get }
}

/** As bytes, which `call` does not give. */
async function download({ app }: Harness, path: string) {
  const response = await app.request(path)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.bytes() }
}

describe('the configuration of an agent', () => {
  it('brings all that the agent saves, and the same again', async () => {
    const { get, ca } = await withAgents()
    const { status, body } = await get('/api/config/vps-1')
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      agentId: 'vps-1',
      certificates: {
        ca,
        cert: expect.stringContaining('BEGIN CERTIFICATE'),
        key: expect.stringContaining('BEGIN PRIVATE KEY'),
        expiresAt: expect.stringMatching(/^20.*Z$/),
        fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      },
      mongodb: {
        domain: 'vps-1.mongodb.example.com',
        port: 27_017,
        connectionString: 'mongodb://vps-1.mongodb.example.com:27017/?tls=true&tlsCAFile=ca.pem&directConnection=true',
      },
      routes: [],
      apiVersion: '1',
    })
    const { fingerprint256, validToDate } = new X509Certificate(body.certificates.cert)
    expect(body.certificates).toMatchObject({ fingerprint: fingerprint256, expiresAt: validToDate.toISOString() })
    expect((await get('/api/config/vps-1', ADMIN_TOKEN)).body).toEqual(body)
  })

  it('is also for an agent that shows its key in headers, and for no other', async () => {
    const { call, get } = await withAgents()
    const headers = { 'x-agent-id': 'vps-2', 'x-agent-key': 'the-key-of-vps-2' }
    expect(await call('GET', '/api/config/vps-2', { headers })).toMatchObject({ status: 200 })
    expect(await call('GET', '/api/config/vps-1', { headers })).toMatchObject({ status: 403 })
    expect(await get('/api/config/vps-2')).toMatchObject({ status: 403 })
    expect(await get('/api/config/vps-9', ADMIN_TOKEN)).toMatchObject({
      status: 404,
      body: { code: 'AGENT_NOT_FOUND' },
    })
  })
})

describe('whom to trust', () => {
  it('is for everybody: as JSON, and as PEM', async () => {
    const front = await withAgents()
    const { body } = await front.call('GET', '/api/certificates/ca')
    expect(body).toMatchObject({ success: true, ca: front.ca, authorities: [{ isSigning: true, cert: front.ca }] })
    expect(JSON.stringify(body)).not.toContain('sealed')
    const pem = await front.call('GET', '/api/certificates/ca.pem')
    expect([pem.status, pem.headers.get('content-type'), pem.body]).toEqual([200, PEM, front.ca])
    const one = await front.call('GET', `/api/certificates/ca/${body.authorities[0].id}.pem`)
    expect([one.status, one.body]).toEqual([200, front.ca])
  })

  it('has its revocation list where every certificate says', async () => {
    const front = await withAgents()
    const { cert } = (await front.get('/api/config/vps-1')).body.certificates
    const { text } = await openssl('x509 -in it.pem -noout -ext crlDistributionPoints', { 'it.pem': cert })
    const url = new URL(/URI:(\S+)/.exec(text)?.[1] ?? '')
    expect(url.host).toBe('front.example.com')
    expect((await front.call('GET', '/api/certificates/ca')).body.authorities[0].crlUrl).toBe(url.href)
    const found = await download(front, url.pathname)
    expect([found.status, found.type]).toEqual([200, 'application/pkix-crl'])
    expect(await download(front, '/api/certificates/ca.crl')).toEqual(found)
    const asPem = await openssl('crl -inform DER -in it.crl', { 'it.crl': found.body })
    expect((await front.call('GET', `${url.pathname}.pem`)).body).toBe(asPem.text)
    expect((await front.call('GET', '/api/certificates/ca.crl.pem')).body).toBe(asPem.text)
  })

  it.each(['x', `${'0'.repeat(40)}.crl`, `${'0'.repeat(40)}.exe`, '..%2fca.pem', '%00'])(
    'is not at %s',
    async (file) => {
      const { call } = await withAgents()
      const { status, body } = await call('GET', `/api/certificates/ca/${file}`)
      expect([status, body.code]).toEqual([404, 'CERTIFICATE_NOT_FOUND'])
    },
  )

  it('changes with a rotation, which an administrator starts', async () => {
    const { post, call, ca } = await withAgents()
    expect(await post('/api/certificates/ca/rotate')).toMatchObject({ status: 403 })
    const { status, body } = await post('/api/certificates/ca/rotate', {}, ADMIN_TOKEN)
    expect([status, body.authority.isSigning]).toEqual([200, false])
    expect((await post('/api/certificates/ca/rotate', {}, ADMIN_TOKEN)).body).toEqual(body)
    expect((await call('GET', '/api/certificates/ca.pem')).body).toBe(body.authority.cert + ca)
  })
})

describe('the certificate of an agent', () => {
  const own = '/api/certificates/agents/vps-1'

  it('is renewed, revoked, and told to the administrator', async () => {
    const { get, post, call } = await withAgents()
    const first = (await get('/api/config/vps-1')).body.certificates
    const renewed = await post(`${own}/renew`)
    expect(renewed).toMatchObject({ status: 200, body: { agentId: 'vps-1' } })
    expect(renewed.body.certificates.key).not.toBe(first.key)
    expect((await get('/api/config/vps-1')).body.certificates).toEqual(renewed.body.certificates)
    const listed = await get('/api/certificates', ADMIN_TOKEN)
    const { fingerprint, expiresAt } = renewed.body.certificates
    expect(listed.body).toMatchObject({
      certificates: [{ agentId: 'vps-1', current: { fingerprint, expiresAt, keyIsKept: true } }],
      cursor: null,
    })
    expect(JSON.stringify(listed.body)).not.toMatch(/sealed|PRIVATE/)

    expect((await post(`${own}/revoke`, { reason: 'keyCompromise' })).status).toBe(200)
    expect((await get('/api/certificates', ADMIN_TOKEN)).body.certificates).toEqual([
      { agentId: 'vps-1', current: null },
    ])
    const ca = (await call('GET', '/api/certificates/ca.pem')).body
    const crl = (await call('GET', '/api/certificates/ca.crl.pem')).body
    for (const { cert } of [first, renewed.body.certificates]) {
      const files = { 'ca.pem': ca, 'crl.pem': crl, 'it.pem': cert }
      const verified = await openssl('verify -crl_check -CRLfile crl.pem -CAfile ca.pem it.pem', files)
      expect(verified).toEqual({ ok: false, text: expect.stringContaining('error 23 at') })
    }
  })

  it('can be for a key of the agent’s own', async () => {
    const { post, get, call, token } = await withAgents()
    const folder = await folderWith()
    await opensslIn(folder, 'req -new -newkey ed25519 -nodes -keyout key.pem -subj /CN=vps-1 -out csr.pem')
    const csr = await readFile(join(folder, 'csr.pem'), 'utf8')
    const { status, body } = await post(`${own}/csr`, { csr })
    expect([status, body.certificates.key]).toEqual([200, null])
    expect((await get('/api/config/vps-1')).body.certificates).toEqual(body.certificates)
    const refused = await post(`${own}/csr`, { csr: 'nothing' })
    expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_INPUT'])
    expect(await post('/api/certificates/agents/vps-2/csr', { csr })).toMatchObject({ status: 403 })

    const other = '/api/certificates/agents/vps-2'
    await call('GET', '/api/config/vps-2', { token: ADMIN_TOKEN })
    expect(await call('DELETE', `${other}/key`, { token })).toMatchObject({ status: 403 })
    const body2 = { agentId: 'vps-2', agentKey: 'the-key-of-vps-2' }
    expect(await call('DELETE', `${other}/key`, { body: body2 })).toMatchObject({ status: 200 })
    expect((await get('/api/config/vps-2', ADMIN_TOKEN)).body.certificates.key).toBeNull()
  })

  it('ends with the agent, and with its revocation', async () => {
    const { get, call } = await withAgents()
    const serialOf = async (agentId: string) => {
      const { cert } = (await get(`/api/config/${agentId}`, ADMIN_TOKEN)).body.certificates
      return new X509Certificate(cert).serialNumber
    }
    const serials = [await serialOf('vps-1'), await serialOf('vps-2')]
    await call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN })
    await call('DELETE', '/api/agents/vps-2', { token: ADMIN_TOKEN })
    const crl = (await call('GET', '/api/certificates/ca.crl.pem')).body
    const { text } = await openssl('crl -in crl.pem -noout -text', { 'crl.pem': crl })
    const revoked = [...text.matchAll(/Serial Number: (\w+)/g)].map(([, serial]) => serial)
    expect(revoked.sort()).toEqual(serials.sort())
  })
})

describe('the certificates that HAProxy serves', () => {
  const edge = '/api/certificates/edge'

  it('are put, told without their keys, and removed', async () => {
    const { get, call } = await withAgents()
    const { cert, key } = (await get('/api/config/vps-2', ADMIN_TOKEN)).body.certificates
    const put = (name: string, body: unknown) => call('PUT', `${edge}/${name}`, { token: ADMIN_TOKEN, body })
    const kept = await put('shop', { pem: cert + key, names: ['vps-2.mongodb.example.com'] })
    expect(kept).toMatchObject({ status: 200, body: { certificate: { name: 'shop', origin: 'upload', chain: cert } } })
    const all = await get(edge, ADMIN_TOKEN)
    expect(all.body.certificates.map(({ name }: { name: string }) => name)).toEqual(['default', 'shop'])
    expect((await get(`${edge}/shop`, ADMIN_TOKEN)).body).toEqual(kept.body)
    const secret = key.split('\n')[1]
    for (const { body } of [kept, all]) expect(JSON.stringify(body)).not.toContain(secret)

    const wrong = await put('shop', { pem: cert })
    expect([wrong.status, wrong.body.details]).toEqual([400, ['There is no private key in the PEM']])
    expect(await put('Shop', { pem: cert + key })).toMatchObject({ status: 400 })
    const remove = (name: string) => call('DELETE', `${edge}/${name}`, { token: ADMIN_TOKEN })
    expect(await remove('default')).toMatchObject({ status: 400 })
    expect(await remove('shop')).toMatchObject({ status: 200 })
    expect(await remove('shop')).toMatchObject({ status: 404 })
    expect((await get(`${edge}/shop`, ADMIN_TOKEN)).body.code).toBe('CERTIFICATE_NOT_FOUND')
  })

  it('count as trusted by browsers unless it shows that they are not, or somebody says so', async () => {
    const { get, call, clock } = await withAgents()
    const own = (await get('/api/config/vps-2', ADMIN_TOKEN)).body.certificates
    const folder = await folderWith()
    const make = async (name: string, issuedBy?: string) => {
      const signing = issuedBy === undefined ? '' : ` -CA ${issuedBy}.pem -CAkey ${issuedBy}.key`
      const command = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=${name} -addext subjectAltName=DNS:shop.example -keyout ${name}.key -out ${name}.pem`
      expect(await opensslIn(folder, command + signing)).toMatchObject({ ok: true })
      return (
        (await readFile(join(folder, `${name}.pem`), 'utf8')) + (await readFile(join(folder, `${name}.key`), 'utf8'))
      )
    }
    await make('somebody')
    await make('(STAGING)Rehearsal')
    for (const [pem, byItself, refusal] of [
      [await make('shop', 'somebody'), true, null],
      [await make('shop', '(STAGING)Rehearsal'), false, /a rehearsal/],
      [await make('shop.example'), false, /has signed itself/],
      [own.cert + own.key, false, /front’s own CA/],
    ] as const) {
      const put = (trusted?: boolean) =>
        call('PUT', `${edge}/shop`, { token: ADMIN_TOKEN, body: { pem, ...(trusted !== undefined && { trusted }) } })
      const shown = async () => (await get(`${edge}/shop`, ADMIN_TOKEN)).body.certificate.trusted
      clock.nowMs = Date.now()
      expect((await put()).body.certificate.trusted).toBe(byItself)
      expect(await shown()).toBe(byItself)
      expect((await put(false)).body.certificate.trusted).toBe(false)
      const told = await put(true)
      if (refusal === null) expect(told.body.certificate.trusted).toBe(true)
      else expect(told).toMatchObject({ status: 400, body: { error: expect.stringMatching(refusal) } })
    }
  })

  it('are changed only as they were read', async () => {
    const { get, call, clock } = await withAgents()
    const { cert, key } = (await get('/api/config/vps-2', ADMIN_TOKEN)).body.certificates
    const ask = (method: string, headers: Record<string, string>, body?: object) =>
      call(method, `${edge}/shop`, { token: ADMIN_TOKEN, headers, ...(body && { body }) })
    const upload = { pem: cert + key }
    expect((await ask('PUT', { 'if-match': '*' }, upload)).status).toBe(412)
    expect((await ask('PUT', { 'if-none-match': '*' }, upload)).status).toBe(200)
    const tag = (await ask('GET', {})).headers.get('etag') ?? ''
    expect((await ask('GET', { 'if-none-match': tag })).status).toBe(304)
    clock.nowMs += 1_000
    expect((await ask('PUT', { 'if-match': tag }, upload)).status).toBe(200)
    expect((await ask('PUT', { 'if-match': tag }, upload)).status).toBe(412)
    expect((await ask('DELETE', { 'if-match': tag })).status).toBe(412)
    const now = (await ask('GET', {})).headers.get('etag') ?? ''
    expect((await ask('DELETE', { 'if-match': now })).status).toBe(200)
  })

  it('are no agent’s business', async () => {
    const { get } = await withAgents()
    expect(await get(edge)).toMatchObject({ status: 403 })
    expect(await get(`${edge}/default`)).toMatchObject({ status: 403 })
  })
})
