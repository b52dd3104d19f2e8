import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, SETTINGS } from '../harness.ts'
import { keyOf, type RoutesHarness, routesHarness } from '../support/routes.ts'

const site = (agentId: string | undefined, subdomain: string, fields: object = {}) => ({
  type: 'http',
  ...(agentId && { agentId }),
  subdomain,
  targetUrl: 'http://203.0.113.7:3000',
  ...fields,
})

const bulk = (front: RoutesHarness, token: string, body: object, headers = {}) =>
  front.call('POST', '/api/proxy/bulk', { token, body, headers })

describe('a bulk call of which much is wrong', () => {
  it('names each wrong entry by its place and its field, whatever is wrong with it', async () => {
    const front = await routesHarness()
    await front.agent('vps-1')
    const other = await front.agent('vps-2')
    await bulk(front, other, { upsert: [site('vps-2', 'taken')] })
    const { status, body } = await bulk(front, ADMIN_TOKEN, {
      agentId: 'vps-1',
      upsert: [
        site('vps-1', 'good'),
        site(undefined, 'Bad Name', { tragetUrl: 'x' }),
        site('vps-1', 'near', { targetUrl: 'http://169.254.169.254' }),
        site('vps-1', 'taken', { options: { pathPrefix: '/a' } }),
        site(undefined, 'good'),
        site('vps-9', 'nobody'),
        site('vps-1', 'servers', { options: { servers: [{ url: 'http://203.0.113.8' }, { url: 'http://0.0.0.0' }] } }),
        site('vps-1', 'taken', { options: { pathPrefix: '/b' } }),
        { type: 'mongodb', agentId: 'vps-1', subdomain: 'x', name: 'y' },
        'x',
        site('vps-2', 'good'),
      ],
      remove: [{ type: 'http' }, { type: 'tcp', subdomain: 'good' }],
    })
    const places = body.details.map((each: string) => each.split(': ')[0])
    expect([status, places]).toEqual([
      400,
      [
        'upsert[1].subdomain',
        'upsert[1]',
        'upsert[2].targetUrl',
        'upsert[3].subdomain',
        'upsert[4].subdomain',
        'upsert[5].agentId',
        'upsert[6].options.servers[1].url',
        'upsert[7].subdomain',
        'upsert[8].subdomain',
        'upsert[9]',
        'upsert[10].subdomain',
        'remove[0].subdomain',
        'remove[1].type',
      ],
    ])
    expect(body.error).toMatch(/^Nothing was changed: upsert\[1\]\.subdomain: .*; and 10 more$/)
    expect(body.details[1]).toBe('upsert[1]: unknown field "tragetUrl"')
    expect((await front.stored('routes/')).length).toBe(1)
  })

  it('says some of it, and how much more there is', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const upsert = Array.from({ length: 10_000 }, (_, i) => site('vps-1', `-${i}`))
    const { status, body } = await bulk(front, token, { upsert })
    expect([status, body.details.length, body.details.at(-1)]).toEqual([400, 101, 'and 9900 more'])
    const near = upsert.map((each, i) => ({ ...each, subdomain: `s-${i}`, targetUrl: 'http://0.0.0.0' }))
    const refused = await bulk(front, token, { upsert: near })
    expect([refused.status, refused.body.details.at(-1)]).toEqual([400, 'and 9900 more'])
  })

  it('tells an agent what is not its own, and nothing else of it', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await bulk(front, await front.agent('vps-2'), { upsert: [site('vps-2', 'shop')] })
    const upsert = [site('vps-1', 'a'), site('vps-2', 'shop'), site('vps-3', 'c'), site('vps-1', '-')]
    const { status, body } = await bulk(front, token, { upsert })
    expect([status, body.code, body.details]).toEqual([
      403,
      'FORBIDDEN',
      [
        'upsert[1].agentId: This is for administrators and the agent itself',
        'upsert[2].agentId: This is for administrators and the agent itself',
        expect.stringMatching(/^upsert\[3\]\.subdomain: /),
      ],
    ])
  })

  it('names the limit that it would break', async () => {
    const front = await routesHarness({ settings: { ...SETTINGS, routesPerAgent: 2 } })
    const token = await front.agent('vps-1')
    const upsert = ['a', 'b', 'c', '-'].map((subdomain) => site('vps-1', subdomain))
    expect((await bulk(front, token, { upsert })).body.details).toEqual([
      'upsert: The agent vps-1 may have 2 routes, not 3',
      expect.stringMatching(/^upsert\[3\]\.subdomain: /),
    ])
  })

  it.each<[object | string, string]>([
    [{}, 'Nothing to do'],
    [{ upsert: [] }, 'Nothing to do'],
    [{ upsert: 'all' }, 'body.upsert: '],
    [{ upserts: [] }, 'unknown field "upserts"'],
    ['[]', 'body: '],
    ['null', 'body: '],
    ['"x"', 'body: '],
    [{ upsert: Array.from({ length: 10_001 }, () => 0) }, 'at most 10000'],
    [{ upsert: Array.from({ length: 6_000 }, () => 0), remove: Array.from({ length: 6_000 }, () => 0) }, '12000'],
  ])('%# is refused whole', async (body, sentence) => {
    const front = await routesHarness()
    const answer = await bulk(front, ADMIN_TOKEN, body as object)
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_INPUT'])
    expect(answer.body.error).toContain(sentence)
  })

  it('does not take a condition for one thing', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const { status } = await bulk(front, token, { upsert: [site('vps-1', 'a')] }, { 'if-match': '*' })
    expect(status).toBe(400)
  })
})

describe('a bulk call', () => {
  it('needs no agentId of an agent that shows who it is', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    expect((await bulk(front, token, { upsert: [site(undefined, 'a')] })).body.created).toBe(1)
    const keys = { agentId: 'vps-1', agentKey: keyOf('vps-1') }
    const body = { ...keys, upsert: [site(undefined, 'b')], remove: [{ type: 'http', subdomain: 'a' }] }
    expect((await front.call('POST', '/api/proxy/bulk', { body })).body).toMatchObject({ created: 1, removed: 1 })
  })

  it('puts ten thousand routes of several agents in one commit and one sync', async () => {
    const front = await routesHarness({ settings: { ...SETTINGS, routesPerAgent: 100_000 } })
    for (let i = 0; i < 4; i++) await front.agent(`vps-${i}`)
    const { revision } = await front.kv.list('')
    const upsert = Array.from({ length: 10_000 }, (_, i) => site(`vps-${i % 4}`, `s-${i}`))
    const { status, body } = await bulk(front, ADMIN_TOKEN, { upsert })
    expect([status, body.created, front.gateway.told.length]).toEqual([200, 10_000, 1])
    expect((await front.kv.list('')).revision).toBe(revision + 1)
  })

  it('warns a hundred times at most', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const upsert = Array.from({ length: 150 }, (_, i) => site('vps-1', `s-${i}`, { targetUrl: 'https://203.0.113.7' }))
    const { body } = await bulk(front, token, { upsert })
    expect([body.warnings.length, body.warnings.at(-1)]).toEqual([101, 'and 50 more'])
  })
})
