import { describe, expect, it } from 'vitest'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const [PLAIN, TLS, NAMED] = ['http://203.0.113.7:3000', 'https://203.0.113.7', 'https://app.example.org']

const put = async (front: RoutesHarness, targetUrl: string, options: object) =>
  front.http(await front.agent('vps-1'), { agentId: 'vps-1', subdomain: 'shop', targetUrl, options })

describe('how servers are spoken with', () => {
  it.each<[targetUrl: string, options: object, words: string]>([
    [TLS, { protocol: 'h2c' }, 'protocol "h2c" is HTTP/2 without TLS, and 203.0.113.7:443 is asked by TLS'],
    [PLAIN, { protocol: 'h2c', useTls: true }, 'protocol "h2c" is HTTP/2 without TLS'],
    [PLAIN, { protocol: 'h2c', servers: [{ url: NAMED }] }, 'app.example.org:443 is asked by TLS'],
    [PLAIN, { protocol: 'h2' }, 'protocol "h2" is HTTP/2 over TLS, and 203.0.113.7:3000 is asked without'],
    [TLS, { protocol: 'h2', useTls: false }, 'protocol "h2" is HTTP/2 over TLS'],
    [TLS, { protocol: 'h2', servers: [{ url: PLAIN }] }, '203.0.113.7:3000 is asked without'],
    [TLS, { tlsVerify: 'system' }, 'tlsVerify "system" needs a name to verify, and 203.0.113.7 is an address'],
    [PLAIN, { tlsVerify: 'system' }, 'tlsVerify "system" needs TLS, and 203.0.113.7:3000 is asked without'],
    [PLAIN, { tlsVerify: 'front' }, 'tlsVerify "front" needs TLS'],
    [NAMED, { tlsVerify: 'front', useTls: false }, 'tlsVerify "front" needs TLS'],
    [TLS, { through: 'agent', useTls: false }, 'through "agent" is mutual TLS, and useTls is false'],
    [TLS, { through: 'agent', tlsVerify: 'none' }, 'through "agent" verifies the agent by the front’s CA'],
    [NAMED, { through: 'agent', tlsVerify: 'system' }, 'and tlsVerify is "system"'],
    [PLAIN, { through: 'agent', protocol: 'h2c' }, 'protocol "h2c" is HTTP/2 without TLS'],
    [TLS, { protocol: 'http2' }, 'must be http1, h2, h2c or auto'],
    [TLS, { tlsVerify: 'yes' }, 'must be none, system or front'],
    [TLS, { through: 'vps-2' }, 'must be direct or agent'],
  ])('refuses %s with %j', async (targetUrl, options, words) => {
    const { status, body } = await put(await routesHarness(), targetUrl, options)
    expect([status, body.code]).toEqual([400, 'INVALID_INPUT'])
    expect(JSON.stringify(body)).toContain(words.replaceAll('"', '\\"'))
  })

  const agentName = 'vps-1.agents.example.com'
  it.each<[targetUrl: string, options: object, kept: object]>([
    [PLAIN, { protocol: 'h2c' }, { protocol: 'h2c', tlsVerify: 'none' }],
    [PLAIN, { protocol: 'http1' }, { protocol: 'http1' }],
    [TLS, { protocol: 'h2' }, { protocol: 'h2', tlsVerify: 'none' }],
    [PLAIN, { protocol: 'h2', useTls: true }, { protocol: 'h2', targets: [{ tls: true }] }],
    [TLS, { tlsVerify: 'front' }, { tlsVerify: 'front', agentName }],
    [TLS, { tlsVerify: 'front', protocol: 'h2', through: 'direct' }, { tlsVerify: 'front', agentName, protocol: 'h2' }],
    [TLS, { through: 'agent' }, { tlsVerify: 'front', agentName }],
    [PLAIN, { through: 'agent', protocol: 'h2' }, { tlsVerify: 'front', agentName, protocol: 'h2' }],
    [PLAIN, { through: 'agent', tlsVerify: 'front', protocol: 'auto' }, { agentName, targets: [{ tls: true }] }],
  ])('takes %s with %j', async (targetUrl, options, kept) => {
    const front = await routesHarness()
    const { status, body } = await put(front, targetUrl, options)
    expect([status, body.route.options]).toEqual([201, options])
    expect(front.gateway.told[0]?.[0]?.route).toMatchObject(kept)
  })

  it('warns of an address that nobody vouches for, and of no other', async () => {
    const warnings = async (options: object) => (await put(await routesHarness(), TLS, options)).body.warnings
    expect(await warnings({ protocol: 'h2' })).toHaveLength(1)
    expect(await warnings({ through: 'agent' })).toBeUndefined()
    expect(await warnings({ tlsVerify: 'front' })).toBeUndefined()
  })
})

describe('what goes plain to a public address', () => {
  const warnings = async (targetUrl: string, options: object) =>
    (await put(await routesHarness(), targetUrl, options)).body.warnings
  const warning = 'can be read and changed on its way'

  it.each<[targetUrl: string, options: object]>([
    [PLAIN, {}],
    ['http://[2001:db8::7]', {}],
    [TLS, { useTls: false }],
    [TLS, { tlsVerify: 'none', servers: [{ url: PLAIN }] }],
  ])('is warned of: %s with %j', async (targetUrl, options) => {
    expect(await warnings(targetUrl, options)).toEqual([expect.stringContaining(warning)])
  })

  it.each<[targetUrl: string, options: object]>([
    [PLAIN, { through: 'agent' }],
    [PLAIN, { through: 'direct' }],
    [TLS, { tlsVerify: 'none' }],
  ])('is not: %s with %j', async (targetUrl, options) => {
    expect(await warnings(targetUrl, options)).toBeUndefined()
  })
})

describe('databases behind the agent’s ingress', () => {
  const database = async (front: RoutesHarness, body: object) =>
    front.call('POST', '/api/proxy/mongodb', {
      token: await front.agent('vps-1'),
      body: { agentId: 'vps-1', targetHost: '203.0.113.7', ...body },
    })
  const through = 'agent'

  it.each<[body: object, words: string]>([
    [{ options: { through } }, 'needs the port of the agent’s ingress: give targetPort'],
    [{ targetPort: 8_444, options: { through, servers: [{ host: '203.0.113.8' }] } }, 'give that of 203.0.113.8'],
    [{ targetPort: 8_444, options: { through: 'vps-2' } }, 'must be direct or agent'],
  ])('refuses %j', async (body, words) => {
    const answer = await database(await routesHarness(), body)
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_INPUT'])
    expect(JSON.stringify(answer.body)).toContain(words)
  })

  it.each<[options: object, kept: object, warned: boolean]>([
    [{ through }, { useTls: true, targets: [{ tls: true }] }, false],
    [{ through, useTls: false }, { useTls: false, targets: [{ tls: true }] }, false],
    [{ through, requireClientCertificate: true }, { clients: ['vps-1'], targets: [{ tls: true }] }, false],
    [{ useTls: false }, { targets: [{ tls: false }] }, true],
    [{ useTls: false, through: 'direct' }, { targets: [{ tls: false }] }, false],
    [{}, { targets: [{ tls: false }] }, false],
  ])('takes %j', async (options, kept, warned) => {
    const front = await routesHarness()
    const { status, body } = await database(front, { targetPort: 8_444, options })
    expect([status, body.route.options, body.warnings !== undefined]).toEqual([201, options, warned])
    expect(front.gateway.told[0]?.[0]?.route).toMatchObject(kept)
  })
})

describe('whose certificate a client of a database must show', () => {
  const database = async (front: RoutesHarness, options: object) =>
    front.call('POST', '/api/proxy/mongodb', {
      token: await front.agent('vps-1'),
      body: { agentId: 'vps-1', targetHost: '203.0.113.7', options },
    })

  it.each<[options: object, words: string]>([
    [{ useTls: true, requireClientCertificate: true }, 'needs HAProxy to end it: leave useTls out'],
    [{ useTls: true, requireClientCertificate: ['vps-2'] }, 'useTls true passes TLS through'],
    [{ requireClientCertificate: [] }, 'must name at least one agent, or be false'],
    [{ requireClientCertificate: ['front'] }, 'is reserved'],
    [{ requireClientCertificate: ['vps-1 vps-2'] }, 'requireClientCertificate'],
    [{ requireClientCertificate: Array.from({ length: 51 }, (_, i) => `vps-${i}`) }, 'must name at most 50 agents'],
    [{ requireClientCertificate: 'vps-1' }, 'must be true, false, or a list of 1 to 50 agentIds'],
  ])('refuses no. %#', async (options, words) => {
    const { status, body } = await database(await routesHarness(), options)
    expect([status, body.code]).toEqual([400, 'INVALID_INPUT'])
    expect(JSON.stringify(body)).toContain(words)
  })

  it.each<[options: object, kept: object]>([
    [{ requireClientCertificate: true }, { useTls: false, clients: ['vps-1'] }],
    [{ requireClientCertificate: ['vps-3', 'vps-2', 'vps-3'] }, { useTls: false, clients: ['vps-2', 'vps-3'] }],
    [{ requireClientCertificate: false }, { useTls: true }],
    [{ requireClientCertificate: false, useTls: true }, { useTls: true }],
  ])('takes %j', async (options, kept) => {
    const front = await routesHarness()
    const { status, body } = await database(front, options)
    expect([status, body.route.options]).toEqual([201, options])
    expect(front.gateway.told[0]?.[0]?.route).toMatchObject(kept)
  })
})
