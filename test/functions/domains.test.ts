import { describe, expect, it } from 'vitest'
import { AppError } from '../../shared/errors.ts'
import { noNames } from '../../shared/targets/resolve.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { refusing } from '../support/fake-gateway.ts'
import { routesHarness } from '../support/routes.ts'

const DOMAIN = 'www.example.org'
const NAME = `_cloudlunacy.${DOMAIN}`
const OWN = { ports: [], addresses: () => [], services: [] }

async function domainsHarness() {
  const zone: Record<string, string[]> = {}
  const dns = { isDown: false }
  const texts = async (name: string) => {
    if (dns.isDown) throw new AppError('RESOLVER_UNAVAILABLE', 'down')
    return zone[name] ?? []
  }
  const front = await routesHarness({ targets: { level: 'public', own: OWN, resolve: noNames, texts } })
  const later = async (seconds: number) => {
    front.clock.nowMs += seconds * 1_000
    await front.maintain()
  }
  const put = async (token: string, agentId: string, options: object, subdomain = agentId) =>
    front.http(token, { agentId, subdomain, targetUrl: 'http://203.0.113.7:3000', options })
  const verify = (token: string, id: string, domain = DOMAIN) =>
    front.call('POST', `/api/proxy/routes/${id}/domains/${domain}/verify`, { token })
  /** Registered, with a route that names the domain. */
  const named = async (agentId: string) => {
    const token = await front.agent(agentId)
    const { route } = (await put(token, agentId, { domains: [DOMAIN] })).body
    return { token, id: route.id as string, value: route.verification[0].value as string }
  }
  const claimOf = async (domain = DOMAIN) => (await front.kv.get(`claims/${domain}`))?.value ?? null
  return { ...front, zone, dns, later, put, verify, named, claimOf }
}

describe('a custom domain', () => {
  it('says what to set, and is the agent’s once that is found', async () => {
    const { named, verify, zone, claimOf, call, later } = await domainsHarness()
    const { token, id, value } = await named('vps-1')
    const read = async () => (await call('GET', `/api/proxy/routes/${id}`, { token })).body.route
    expect((await read()).verification).toEqual([
      { domain: DOMAIN, type: 'TXT', name: NAME, value, status: 'pending', lookedAt: null, found: [] },
    ])
    zone[NAME] = ['v=spf1 -all']
    expect((await verify(token, id)).body).toMatchObject({
      message: `The domain ${DOMAIN} is not proved yet: The TXT records say something else`,
      verification: { status: 'pending', found: ['v=spf1 -all'] },
    })
    zone[NAME].push(value)
    expect((await verify(token, id)).body.verification.status).toBe('pending')
    await later(6)
    expect((await verify(token, id)).body).toMatchObject({
      message: `The domain ${DOMAIN} is proved, and served`,
      verification: { status: 'done', lookedAt: '2030-01-01T00:00:06.000Z' },
    })
    expect([await claimOf(), (await read()).revision]).toEqual([{ agentId: 'vps-1' }, 2])
    const { entries } = (await call('GET', '/api/audit', { token: ADMIN_TOKEN })).body
    const told = { actor: 'agent vps-1', action: 'domain.prove', target: DOMAIN }
    expect(entries).toContainEqual(expect.objectContaining(told))
  })

  it('is looked for by the front itself, less and less often', async () => {
    const { named, zone, later, stored } = await domainsHarness()
    const { value } = await named('vps-1')
    const record = async () => (await stored('domains/'))[0]?.value as { misses: number; status: string }
    for (const seconds of [0, 29, 1, 59, 61]) await later(seconds)
    expect((await record()).misses).toBe(3)
    zone[NAME] = [value]
    await later(3_600)
    expect((await record()).status).toBe('done')
  })

  it('is not proved by another agent’s record, nor by that of an agent that had the name before', async () => {
    const { named, verify, zone, call, later } = await domainsHarness()
    const [one, other] = [await named('vps-1'), await named('vps-2')]
    expect(other.value).not.toBe(one.value)
    zone[NAME] = [one.value]
    expect((await verify(other.token, other.id)).body.verification.status).toBe('pending')
    await call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    await later(90_000)
    const again = await named('vps-1')
    expect(again.value).not.toBe(one.value)
  })

  it('has one owner: who comes second gets it when the first has lost or released it, and the wait is over', async () => {
    const { named, verify, zone, later, put, claimOf } = await domainsHarness()
    const [one, other] = [await named('vps-1'), await named('vps-2')]
    zone[NAME] = [one.value, other.value]
    await verify(one.token, one.id)
    expect((await verify(other.token, other.id)).body.verification).toMatchObject({
      status: 'pending',
      reason: expect.stringContaining('belongs to another agent'),
    })
    await put(one.token, 'vps-1', {})
    expect(await claimOf()).toMatchObject({ releasedBy: 'vps-1' })
    await later(3_600)
    expect((await verify(other.token, other.id)).body.verification.reason).toContain('was given up')
    await later(90_000)
    expect([(await verify(ADMIN_TOKEN, other.id)).body.verification.status, await claimOf()]).toEqual([
      'done',
      { agentId: 'vps-2' },
    ])
    // What it said before names the domain, and does not bring it back.
    const back = await put(ADMIN_TOKEN, 'vps-1', { domains: [DOMAIN] })
    expect(back.body.route.verification[0].status).toBe('pending')
  })

  it('is lost when its record is gone for long, or at once when somebody else has proved it', async () => {
    const { named, verify, zone, later, claimOf, dns } = await domainsHarness()
    const one = await named('vps-1')
    zone[NAME] = [one.value]
    await verify(one.token, one.id)
    delete zone[NAME]
    dns.isDown = true
    for (let day = 0; day < 5; day++) await later(86_400)
    dns.isDown = false
    expect(await claimOf()).toEqual({ agentId: 'vps-1' })
    for (let look = 0; look < 2; look++) await later(86_400)
    expect(await claimOf()).toEqual({ agentId: 'vps-1' })
    await later(86_400)
    expect(await claimOf()).toMatchObject({ releasedBy: 'vps-1' })
    // Found again, it is its own again.
    zone[NAME] = [one.value]
    await later(86_400)
    expect((await verify(ADMIN_TOKEN, one.id)).body.verification.status).toBe('done')

    const other = await named('vps-2')
    zone[NAME] = [other.value]
    await verify(other.token, other.id)
    expect(await claimOf()).toMatchObject({ releasedBy: 'vps-1' })
  })

  it('stays proved while another route of the agent names it, and goes with the agent', async () => {
    const { named, verify, zone, put, call, claimOf } = await domainsHarness()
    const { token, id, value } = await named('vps-1')
    zone[NAME] = [value]
    await verify(token, id)
    const second = await put(token, 'vps-1', { domains: [DOMAIN], pathPrefix: '/api/' }, 'api')
    expect(second.body.route.verification).toMatchObject([{ status: 'done' }])
    await put(token, 'vps-1', {})
    expect(await claimOf()).toEqual({ agentId: 'vps-1' })
    await call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    expect(await claimOf()).toMatchObject({ releasedBy: 'vps-1' })
  })

  it('is kept where HAProxy refuses the change that would give it up', async () => {
    const { named, verify, zone, put, gateway, stored, clock } = await domainsHarness()
    const { token, id, value } = await named('vps-1')
    zone[NAME] = [value]
    await verify(token, id)
    gateway.answer = () => refusing('no')
    expect((await put(token, 'vps-1', { check: false })).status).toBe(422)
    expect((await stored('domains/'))[0]?.value).toMatchObject({ routes: [expect.stringContaining('vps-1.apps')] })
    // It was given up for a moment, and somebody else might have it: so it is served again once it is proved again.
    expect((await stored('routes/'))[0]?.value).toMatchObject({ domains: [{ name: DOMAIN, status: 'pending' }] })
    clock.nowMs += 6_000
    expect((await verify(token, id)).body.verification.status).toBe('done')
  })

  it('is named and given up by many routes at once too', async () => {
    const { agent, call, stored, verify, zone, claimOf } = await domainsHarness()
    const token = await agent('vps-1')
    const site = (subdomain: string, domains: string[]) => ({
      type: 'http',
      subdomain,
      targetUrl: 'http://203.0.113.7:3000',
      options: { domains },
    })
    const bulk = (body: object) => call('POST', '/api/proxy/bulk', { token, body: { agentId: 'vps-1', ...body } })
    const names = async () => (await stored('domains/')).map(({ key }) => key.split('/')[2])
    const twice = await bulk({ upsert: [site('a', [DOMAIN]), site('b', [DOMAIN])] })
    expect([twice.status, JSON.stringify(twice.body)]).toEqual([409, expect.stringContaining('the same paths')])
    expect(await names()).toEqual([])
    const own = await bulk({ upsert: [site('a', [DOMAIN]), site('b', ['b.apps.example.com'])] })
    expect([own.status, own.body.details]).toEqual([400, [expect.stringContaining('upsert[1].options.domains: ')]])

    const ten = Array.from({ length: 10 }, (_, i) => `www-${i}.example.org`)
    expect((await bulk({ upsert: [site('a', [DOMAIN]), site('b', ten)] })).status).toBe(200)
    expect(await names()).toEqual([...ten, DOMAIN].sort())
    const { routes } = (await call('GET', '/api/proxy/agents/vps-1', { token })).body
    const { id, verification } = routes.find(({ domain }: { domain: string }) => domain.startsWith('a.'))
    zone[NAME] = [verification[0].value]
    await verify(token, id)
    expect(await claimOf()).toEqual({ agentId: 'vps-1' })
    await bulk({ upsert: [site('b', [])], remove: [{ type: 'http', subdomain: 'a' }] })
    expect([await names(), await claimOf()]).toEqual([[], expect.objectContaining({ releasedBy: 'vps-1' })])
  })

  it('is one agent’s, however many fronts look for it at the same moment', async () => {
    const { kv, named, verify, zone, claimOf, clock, ...front } = await domainsHarness()
    const texts = async (name: string) => zone[name] ?? []
    const other = await routesHarness({ kv, targets: { level: 'public', own: OWN, resolve: noNames, texts } })
    const agents = [await named('vps-1'), await named('vps-2')]
    zone[NAME] = agents.map(({ value }) => value)
    const [one, two] = agents
    await Promise.all([
      verify(one?.token ?? '', one?.id ?? ''),
      other.call('POST', `/api/proxy/routes/${two?.id}/domains/${DOMAIN}/verify`, { token: two?.token ?? '' }),
      front.maintain(),
      other.maintain(),
    ])
    const states = (await front.stored('domains/')).map(({ value }) => (value as { status: string }).status)
    expect(states.sort()).toEqual(['done', 'pending'])
    const [winner] = (await front.stored('routes/')).filter(({ value }) =>
      JSON.stringify(value).includes('"status":"done"'),
    )
    expect(await claimOf()).toEqual({ agentId: winner?.key.split('/')[1] })
    const { entries } = (await front.call('GET', '/api/audit', { token: ADMIN_TOKEN })).body
    expect(entries.filter(({ action }: { action: string }) => action === 'domain.prove')).toHaveLength(1)
  })

  it.each([
    [['shop.apps.example.com'], 'below the front’s own'],
    [['example.com'], 'below the front’s own'],
    [['localhost'], 'must be a host name'],
    [['*.example.org'], 'must be a host name'],
    [['192.0.2.1'], 'must be a host name'],
    [[DOMAIN, DOMAIN], 'each of them once'],
  ])('cannot be %s', async (domains, why) => {
    const { agent, put } = await domainsHarness()
    const answer = await put(await agent('vps-1'), 'vps-1', { domains })
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining(why)])
  })

  it('is named by one route of the agent for the same paths', async () => {
    const { named, put, verify } = await domainsHarness()
    const { token, id } = await named('vps-1')
    const second = await put(token, 'vps-1', { domains: [DOMAIN] }, 'other')
    expect([second.status, JSON.stringify(second.body)]).toEqual([409, expect.stringContaining('the same paths')])
    expect((await verify(token, id, 'not.example.org')).status).toBe(404)
  })
})
