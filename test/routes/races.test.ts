import { describe, expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { interruptedKv } from '../support/interrupted-kv.ts'
import { routesHarness } from '../support/routes.ts'

const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }

/** Two fronts over one store, each with an agent. */
async function twoFronts() {
  const first = await routesHarness({ kv: memoryKv() })
  const second = await routesHarness({ kv: first.kv })
  return { first, second, tokens: [await first.agent('vps-1'), await second.agent('vps-2')] as const }
}

it('of two agents that want one host at the same time one has it', async () => {
  const { first, second, tokens } = await twoFronts()
  for (let i = 0; i < 20; i++) {
    const subdomain = `shop-${i}`
    const answers = await Promise.all([
      first.http(tokens[0], { ...SHOP, subdomain }),
      second.http(tokens[1], { ...SHOP, subdomain, agentId: 'vps-2' }),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  }
  expect(await first.stored('claims/')).toHaveLength(20)
  expect(await first.stored('routes/')).toHaveLength(20)
})

it('an agent’s changes at the same time all happen, on both fronts', async () => {
  const { first, second, tokens } = await twoFronts()
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      (i % 2 === 0 ? first : second).http(tokens[0], {
        ...SHOP,
        subdomain: `s-${i >> 1}`,
        options: { pathPrefix: `/p${i}` },
      }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(201))
  expect(await first.stored('route-counts/')).toEqual([{ key: 'route-counts/vps-1', value: { count: 60 } }])
  expect(await first.stored('claims/')).toHaveLength(30)
})

describe('in the moment between a decision and its commit', () => {
  const suspend = { token: ADMIN_TOKEN, body: { suspended: true } }

  /** The first of two fronts is interrupted; the second one does what comes in between. */
  async function interruptedFront() {
    const store = interruptedKv(memoryKv())
    const first = await routesHarness({ kv: store })
    const second = await routesHarness({ kv: first.kv })
    const token = await first.agent('vps-1')
    await first.agent('vps-2')
    return { store, first, second, token }
  }

  it.each([
    ['a new host', {}],
    ['another path of its host', { options: { pathPrefix: '/a' } }],
    ['a change', { options: { check: false } }],
  ])('its agent is removed: %s is not kept', async (_, fields) => {
    const { store, first, second, token } = await interruptedFront()
    if ('options' in fields) await first.http(token, SHOP)
    store.beforeWriteOf('routes/', () => second.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN }))
    expect((await first.http(token, { ...SHOP, ...fields })).status).toBe(404)
    expect([await first.stored('routes/'), await first.stored('route-counts/')]).toEqual([[], []])
  })

  it('its agent is suspended: it is refused', async () => {
    const { store, first, second, token } = await interruptedFront()
    store.beforeWriteOf('routes/', () => second.call('PATCH', '/api/agents/vps-1', suspend))
    expect((await first.http(token, SHOP)).body.code).toBe('AGENT_SUSPENDED')
  })

  it('a route comes while its agent is being removed: it goes too', async () => {
    const { store, first, second, token } = await interruptedFront()
    store.beforeWriteOf('agents/vps-1', () => second.http(token, SHOP))
    await first.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    expect([await first.stored('routes/'), second.gateway.told.length]).toEqual([[], 1])
    expect(await first.stored('claims/')).toMatchObject([{ value: { releasedBy: 'vps-1' } }])
  })

  it.each([
    ['comes', { ...SHOP, options: {} }],
    ['is changed', { ...SHOP, subdomain: 'old', options: { check: false } }],
  ])('a route %s while its agent is being suspended: it is suspended too', async (_, body) => {
    const { store, first, second, token } = await interruptedFront()
    await first.http(token, { ...SHOP, subdomain: 'old' })
    store.beforeWriteOf('agents/vps-1', () => second.http(token, body))
    await first.call('PATCH', '/api/agents/vps-1', suspend)
    expect(second.gateway.told).toHaveLength(1)
    const routes = (await first.stored('routes/')).map(({ value }) => value)
    for (const route of routes) expect(route).toMatchObject({ suspended: true })
    expect(routes).toContainEqual(expect.objectContaining({ subdomain: body.subdomain, options: body.options }))
  })

  it('another agent takes the host', async () => {
    const { store, first, second, token } = await interruptedFront()
    store.beforeWriteOf('routes/', () => second.http(ADMIN_TOKEN, { ...SHOP, agentId: 'vps-2' }))
    expect((await first.http(token, SHOP)).body.code).toBe('HOST_TAKEN')
    expect((await first.stored('routes/')).map(({ key }) => key)).toEqual(['routes/vps-2/http/shop.apps.example.com/'])
  })

  it('the last route of the host goes: the path that stays has the claim', async () => {
    const { store, first, second, token } = await interruptedFront()
    await first.http(token, SHOP)
    store.beforeWriteOf('routes/', () => second.remove(token, { agentId: 'vps-1', subdomain: 'shop', type: 'http' }))
    expect((await first.http(token, { ...SHOP, options: { pathPrefix: '/a' } })).status).toBe(201)
    expect(await first.stored('claims/')).toEqual([
      { key: 'claims/shop.apps.example.com', value: { agentId: 'vps-1' } },
    ])
    expect(await first.stored('route-counts/')).toMatchObject([{ value: { count: 1 } }])
  })
})

it('works in a store that takes few operations at once', async () => {
  const kv = { ...memoryKv(), maxOperations: 100 }
  const front = await routesHarness({ kv })
  const token = await front.agent('vps-1')
  const upsert = Array.from({ length: 300 }, (_, i) => ({ type: 'http', ...SHOP, subdomain: `s-${i}` }))
  const bulk = (body: object) => front.call('POST', '/api/proxy/bulk', { token, body })
  expect((await bulk({ upsert })).body.created).toBe(300)
  const remove = upsert.slice(0, 100).map(({ agentId, subdomain }) => ({ type: 'http', agentId, subdomain }))
  expect((await bulk({ remove })).body.removed).toBe(100)
  expect((await bulk({ upsert })).body).toMatchObject({ created: 100, unchanged: 200 })
  await front.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
  expect(await front.stored('routes/')).toEqual([])
})
