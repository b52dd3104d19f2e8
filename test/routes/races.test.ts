import { expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN } from '../harness.ts'
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

it('a route that is set up while its agent is removed goes with it, or never was', async () => {
  const { first, second } = await twoFronts()
  for (let i = 0; i < 20; i++) {
    const agentId = `gone-${i}`
    const token = await first.agent(agentId)
    const [put] = await Promise.all([
      first.http(token, { ...SHOP, agentId, subdomain: agentId }),
      second.call('DELETE', `/api/agents/${agentId}`, { token: ADMIN_TOKEN }),
    ])
    expect([201, 401, 404]).toContain(put.status)
    expect(await first.stored(`routes/${agentId}/`)).toEqual([])
  }
  expect((await first.stored('claims/')).filter(({ value }) => 'agentId' in (value as object))).toEqual([])
})

it('a route that is set up while its agent is suspended is suspended too', async () => {
  const { first, second } = await twoFronts()
  for (let i = 0; i < 20; i++) {
    const agentId = `still-${i}`
    const token = await first.agent(agentId)
    await Promise.all([
      first.http(token, { ...SHOP, agentId, subdomain: agentId }),
      second.call('PATCH', `/api/agents/${agentId}`, { token: ADMIN_TOKEN, body: { suspended: true } }),
    ])
    for (const { value } of await first.stored(`routes/${agentId}/`)) expect(value).toMatchObject({ suspended: true })
  }
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
