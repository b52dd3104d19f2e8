import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness, SETTINGS } from '../harness.ts'

const AGENT = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }

const register = (front: Harness, fields: object = {}, token: string | undefined = ENROLLMENT_TOKEN) =>
  front.call('POST', '/api/agents/register', { body: { ...AGENT, ...fields }, token })

const login = (front: Harness, fields: object = {}, headers: Record<string, string> = {}) =>
  front.call('POST', '/api/agents/authenticate', {
    body: { agentId: AGENT.agentId, agentKey: AGENT.agentKey, ...fields },
    headers,
  })

describe('registering', () => {
  it('answers with a token, and with what the agent needs next', async () => {
    const front = await harness()
    const { status, body } = await register(front, { agentName: 'The shop’s server' })
    expect(status).toBe(201)
    expect(body).toEqual({
      success: true,
      message: 'Agent vps-1 is registered',
      agentId: 'vps-1',
      token: expect.stringMatching(/^eyJ/),
      expiresIn: 3_600,
      appsDomain: 'apps.example.com',
      mongodbDomain: 'vps-1.mongodb.example.com',
      ca: expect.any(String),
      routes: [],
    })
    const read = await front.call('GET', '/api/agents/vps-1', { token: body.token })
    expect(read.body.agent).toMatchObject({
      agentId: 'vps-1',
      agentName: 'The shop’s server',
      targetIp: '203.0.113.7',
      suspended: false,
    })
  })

  it('takes the enrolment token in the body too', async () => {
    const front = await harness()
    const body = { ...AGENT, enrollmentToken: ENROLLMENT_TOKEN }
    expect((await front.call('POST', '/api/agents/register', { body })).status).toBe(201)
  })

  it('again with the same key changes the fields, and needs no enrolment token', async () => {
    const front = await harness()
    await register(front)
    const { status, body } = await front.call('POST', '/api/agents/register', {
      body: { ...AGENT, targetIp: '203.0.113.8' },
    })
    expect([status, body.message]).toEqual([200, 'Agent vps-1 is updated'])
    expect((await front.call('GET', '/api/agents/vps-1', { token: ADMIN_TOKEN })).body.agent.targetIp).toBe(
      '203.0.113.8',
    )
  })

  it('again with another key is refused, whatever token comes with it', async () => {
    const front = await harness()
    await register(front)
    const { status, body } = await register(front, { agentKey: 'another-key-of-another', targetIp: '198.51.100.1' })
    expect([status, body.code]).toEqual([409, 'AGENT_EXISTS'])
    expect((await front.call('GET', '/api/agents/vps-1', { token: ADMIN_TOKEN })).body.agent.targetIp).toBe(
      AGENT.targetIp,
    )
  })

  it('needs an enrolment token of the right kind', async () => {
    const front = await harness()
    for (const token of [undefined, 'not-a-token', ADMIN_TOKEN, 'eyJ.eyJ.x']) {
      const { status, body } = await front.call('POST', '/api/agents/register', { body: AGENT, token })
      expect([status, body.code]).toEqual([401, 'UNAUTHORIZED'])
    }
    expect((await front.call('GET', '/api/agents', { token: ADMIN_TOKEN })).body.agents).toEqual([])
  })

  it('tells a stranger without a token nothing, not even which agents there are', async () => {
    const front = await harness()
    await register(front)
    const asked = await Promise.all(
      ['vps-1', 'nobody'].map((agentId) =>
        front.call('POST', '/api/agents/register', { body: { ...AGENT, agentId, agentKey: 'a-guess-of-a-key' } }),
      ),
    )
    expect(asked[0]?.status).toBe(401)
    expect(asked[1]?.body).toEqual(asked[0]?.body)
  })

  it('needs none where only this machine can ask', async () => {
    const front = await harness({ isOpenTo: () => true })
    expect((await front.call('POST', '/api/agents/register', { body: AGENT })).status).toBe(201)
  })

  it('gives one name to one of two keys, 100 times', async () => {
    const front = await harness()
    for (let i = 0; i < 100; i++) {
      const agentId = `race-${i}`
      const keys = ['clk_'.padEnd(47, 'a'), 'clk_'.padEnd(47, 'b')]
      const answers = await Promise.all(keys.map((agentKey) => register(front, { agentId, agentKey })))
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
      const winner = answers.findIndex(({ status }) => status === 201)
      const logins = await Promise.all(
        keys.map((agentKey, k) => login(front, { agentId, agentKey }, { 'x-test-address': `10.${i}.${k}.1` })),
      )
      expect(logins.map(({ status }) => status)).toEqual(keys.map((_, k) => (k === winner ? 200 : 401)))
    }
  })
})

describe('enrolment tokens', () => {
  const enrolmentToken = async (front: Harness, limits: object) =>
    (await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'enrollment', ...limits } })).body
      .token as string

  it('may be used as often as they say, also by all at once', async () => {
    const front = await harness()
    const token = await enrolmentToken(front, { uses: 3 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        register(front, { agentId: `vps-${i}`, agentKey: 'clk_'.padEnd(47, 'k') }, token),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 403, 403, 403, 403, 403])
    expect((await front.call('GET', '/api/agents', { token: ADMIN_TOKEN })).body.agents).toHaveLength(3)
  })

  it('are for the names that they say', async () => {
    const front = await harness()
    const token = await enrolmentToken(front, { namePattern: 'shop-*' })
    expect((await register(front, { agentId: 'blog-1' }, token)).body.code).toBe('FORBIDDEN')
    expect((await register(front, { agentId: 'shop-1' }, token)).status).toBe(201)
    expect((await register(front, { agentId: 'a-shop-1' }, token)).status).toBe(403)
  })

  it.each([
    ['shop-*', 'shop-', true],
    ['*-eu-*', 'shop-eu-1', true],
    ['*-eu-*', 'shop-eu1', false],
    ['a*a', 'a', false],
    ['a*b*b', 'ab', false],
    ['a*b*b', 'abb', true],
    ['*', 'anything', true],
    ['exact', 'exact', true],
    ['exact', 'exact1', false],
    ['*a*a*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(63), false],
  ])('%s for %s: %s', async (namePattern, agentId, fits) => {
    const front = await harness()
    const token = await enrolmentToken(front, { namePattern })
    const { status } = await register(front, { agentId: agentId.replace(/-$/, '-x') }, token)
    expect(status).toBe(fits ? 201 : 403)
  })

  it('end with their time, and when they are withdrawn', async () => {
    const front = await harness()
    const token = await enrolmentToken(front, { expiresInSeconds: 60 })
    front.clock.nowMs += 59_000
    expect((await register(front, {}, token)).status).toBe(201)
    front.clock.nowMs += 1_000
    expect((await register(front, { agentId: 'vps-2' }, token)).status).toBe(401)

    const other = await enrolmentToken(front, {})
    const { tokens } = (await front.call('GET', '/api/tokens', { token: ADMIN_TOKEN })).body
    for (const { id, kind } of tokens)
      if (kind === 'enrollment') await front.call('DELETE', `/api/tokens/${id}`, { token: ADMIN_TOKEN })
    expect((await register(front, { agentId: 'vps-3' }, other)).status).toBe(401)
  })
})

describe('a key', () => {
  it('gives a new token', async () => {
    const front = await harness()
    await register(front)
    const { status, body } = await login(front)
    expect([status, body.expiresIn]).toEqual([200, 3_600])
    expect((await front.call('GET', '/api/agents/vps-1', { token: body.token })).status).toBe(200)
  })

  it('that is wrong and an agent that is unknown get the same answer', async () => {
    const front = await harness()
    await register(front)
    const [wrong, unknown] = [
      await login(front, { agentKey: 'wrong-key-wrong' }),
      await login(front, { agentId: 'nobody' }),
    ]
    expect(wrong.status).toBe(401)
    expect(wrong.body).toEqual({
      success: false,
      code: 'INVALID_CREDENTIALS',
      error: 'There is no such agent, or this is not its key',
    })
    expect(unknown.body).toEqual(wrong.body)
  })

  it('may stand in the body of a write, and in the headers of a read', async () => {
    const front = await harness()
    await register(front)
    const { agentId, agentKey } = AGENT
    const headers = { 'x-agent-id': agentId, 'x-agent-key': agentKey }
    expect((await front.call('GET', '/api/agents/vps-1', { headers })).status).toBe(200)
    expect((await front.call('HEAD', '/api/agents/vps-1', { headers })).status).toBe(200)
    expect(
      (await front.call('PATCH', '/api/agents/vps-1', { body: { agentId, agentKey, agentName: 'New' } })).status,
    ).toBe(200)
    expect((await front.call('PATCH', '/api/agents/vps-1', { body: { agentName: 'Newer' }, headers })).status).toBe(401)
  })

  it('is slowed down when it was wrong too often, but not where it was right before', async () => {
    const front = await harness()
    await register(front)
    const home = { 'x-test-address': '203.0.113.7' }
    await login(front, {}, home)
    let refused = 0
    for (let i = 0; i < 40; i++) {
      const { status, headers } = await login(
        front,
        { agentKey: `guess-${i}-of-many` },
        { 'x-test-address': `198.51.100.${i}` },
      )
      if (status === 429) refused += 1
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(refused).toBeGreaterThan(20)
    expect((await login(front, {}, home)).status).toBe(200)
    front.clock.nowMs += 3_600_000
    expect((await login(front, {}, { 'x-test-address': '192.0.2.99' })).status).toBe(200)
  })

  it('is replaced at once, and takes all tokens with it', async () => {
    const front = await harness()
    const { token } = (await register(front)).body
    const { body } = await front.call('POST', '/api/agents/vps-1/rotate-key', { token })
    expect(body.agentKey).toMatch(/^clk_[\w-]{43}$/)
    expect((await login(front)).status).toBe(401)
    expect((await login(front, { agentKey: body.agentKey })).status).toBe(200)
    expect((await front.call('GET', '/api/agents/vps-1', { token })).status).toBe(401)
    expect((await front.call('GET', '/api/agents/vps-1', { token: body.token })).status).toBe(200)
  })
})

describe('a token', () => {
  it('says what it must, and is signed by a published key', async () => {
    const front = await harness()
    const { token } = (await register(front)).body
    expect(decodeJwt(token)).toMatchObject({
      iss: 'https://front.example.com',
      aud: 'cloudlunacy-front',
      sub: 'vps-1',
      exp: front.clock.nowMs / 1_000 + 3_600,
    })
    const { keys } = (await front.call('GET', '/.well-known/jwks.json')).body
    expect(keys).toEqual([
      expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) }),
    ])
    expect(keys[0]).not.toHaveProperty('d')
  })

  it('ends with its time', async () => {
    const front = await harness()
    const { token } = (await register(front)).body
    front.clock.nowMs += 3_600_000 + 6_000
    const { status, body } = await front.call('GET', '/api/agents/vps-1', { token })
    expect([status, body.code]).toEqual([401, 'UNAUTHORIZED'])
  })

  it('ends at once when it is revoked, and another one is good', async () => {
    const front = await harness()
    const { token } = (await register(front)).body
    expect((await front.call('POST', '/api/agents/vps-1/revoke', { token })).status).toBe(200)
    expect((await front.call('GET', '/api/agents/vps-1', { token })).status).toBe(401)
    const again = (await login(front)).body.token
    expect((await front.call('GET', '/api/agents/vps-1', { token: again })).status).toBe(200)
  })

  it('of another’s making is refused', async () => {
    const front = await harness()
    const { token } = (await register(front)).body
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const claims = decodeJwt(token)
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'agent+jwt', kid, jwk: await exportJWK(publicKey) })
      .sign(privateKey)
    const none = `${Buffer.from('{"alg":"none","typ":"agent+jwt"}').toString('base64url')}.${token.split('.')[1]}.`
    for (const bad of [forged, none, `${token}x`, token.slice(0, -4), token.replace('.', '..')]) {
      expect((await front.call('GET', '/api/agents/vps-1', { token: bad })).status).toBe(401)
    }
  })
})

describe('a name that was given up', () => {
  it('waits before another can have it, and passes nothing on', async () => {
    const front = await harness({ settings: { ...SETTINGS, releaseSeconds: 60 } })
    const { token } = (await register(front)).body
    await front.call('POST', '/api/agents/vps-1/heartbeat', { token, body: { version: '1.0.0' } })
    expect((await front.call('DELETE', '/api/agents/vps-1', { token })).status).toBe(200)
    expect((await front.call('GET', '/api/agents/vps-1', { token })).status).toBe(401)

    const stranger = { agentKey: 'the-key-of-a-stranger' }
    expect((await register(front, stranger)).body.code).toBe('NAME_RELEASED')
    const renewed = (await register(front)).body
    expect(renewed.success).toBe(true)
    expect((await front.call('GET', '/api/agents/vps-1', { token })).status).toBe(401)
    expect((await front.call('GET', '/api/agents/vps-1', { token: renewed.token })).body.agent.heartbeat).toBeNull()

    await front.call('DELETE', '/api/agents/vps-1', { token: renewed.token })
    expect((await register(front, stranger)).status).toBe(409)
  })
})

it('a suspended agent may do nothing until it is let in again', async () => {
  const front = await harness()
  const { token } = (await register(front)).body
  await front.call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended: true } })
  expect((await front.call('GET', '/api/agents/vps-1', { token })).body.code).toBe('AGENT_SUSPENDED')
  expect((await login(front)).body.code).toBe('AGENT_SUSPENDED')
  expect((await front.call('PATCH', '/api/agents/vps-1', { token, body: { suspended: false } })).status).toBe(403)
  expect((await register(front, { targetIp: '198.51.100.9' })).body.code).toBe('AGENT_SUSPENDED')
  expect((await front.call('GET', '/api/agents/vps-1', { token: ADMIN_TOKEN })).body.agent.targetIp).toBe(
    AGENT.targetIp,
  )
  await front.call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended: false } })
  expect((await front.call('GET', '/api/agents/vps-1', { token })).status).toBe(200)
})

it('a heartbeat is shown with the agent', async () => {
  const front = await harness()
  const { token } = (await register(front)).body
  const report = { version: '1.2.3', load: 0.5, apps: [{ name: 'shop', status: 'healthy' }], databases: [] }
  expect((await front.call('POST', '/api/agents/vps-1/heartbeat', { token, body: report })).status).toBe(200)
  expect((await front.call('GET', '/api/agents/vps-1', { token })).body.agent.heartbeat).toEqual({
    at: '2030-01-01T00:00:00.000Z',
    version: '1.2.3',
    load: 0.5,
    memory: null,
    apps: [{ name: 'shop', status: 'healthy', message: null, version: null }],
    databases: [],
  })
  // As an earlier release kept it.
  const older = { at: '2029-12-31T00:00:00.000Z', version: '1.0.0', load: null, apps: [], databases: [] }
  await front.kv.commit([], [{ key: 'heartbeats/vps-1', value: older }])
  const { heartbeat } = (await front.call('GET', '/api/agents/vps-1', { token })).body.agent
  expect(heartbeat).toEqual({ ...older, memory: null })
})

it('a heartbeat may be as large as its schema says, in any script', async () => {
  const front = await harness()
  const { token } = (await register(front)).body
  const services = Array.from({ length: 200 }, () => ({
    name: '日'.repeat(63),
    status: 'healthy',
    message: '本'.repeat(120),
  }))
  const { status } = await front.call('POST', '/api/agents/vps-1/heartbeat', {
    token,
    body: { apps: services, databases: services },
  })
  expect(status).toBe(200)
})

describe('what overtakes a call under way counts', () => {
  it.each([
    ['a revocation', (front: Harness) => front.call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN })],
    [
      'a suspension',
      (front: Harness) => front.call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended: true } }),
    ],
  ])('%s', async (_, overtake) => {
    const front = await harness()
    const { token } = (await register(front)).body
    const calls = Array.from({ length: 8 }, () => front.call('POST', '/api/certificates/agents/vps-1/renew', { token }))
    expect((await overtake(front)).status).toBe(200)
    const overtaken = (await front.call('GET', '/api/audit?limit=1000', { token: ADMIN_TOKEN })).body.entries.length
    await Promise.all(calls)
    const { entries } = (await front.call('GET', '/api/audit?limit=1000', { token: ADMIN_TOKEN })).body
    expect(entries).toHaveLength(overtaken)
  })
})
