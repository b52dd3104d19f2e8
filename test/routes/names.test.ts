import { expect, it } from 'vitest'
import type { TargetLevel } from '../../shared/targets/policy.ts'
import { fakeNames } from '../support/names.ts'
import { routesHarness } from '../support/routes.ts'

const APP = 'app.example.net'
const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: `http://${APP}:3000` }
const OWN = { ports: [3005], addresses: () => [], services: [] }

async function namesHarness(addresses: string[], level: TargetLevel = 'public', targetIp = '203.0.113.7') {
  const names = fakeNames({ [APP]: addresses })
  const front = await routesHarness({ targets: { level, own: OWN, resolve: names.resolve } })
  const token = await front.agent('vps-1', { targetIp })
  const later = async (seconds: number) => {
    front.clock.nowMs += seconds * 1_000
    await front.maintain()
  }
  const pinned = async () =>
    (await front.stored('routes/'))[0]?.value as { targets: { address: string }[]; revision: number }
  return { names, front, token, later, pinned }
}

it('pins one of a name’s addresses, the same whatever order they come in', async () => {
  const { names, front, token, pinned } = await namesHarness(['2600::1', '203.0.113.9', '203.0.113.8'])
  expect((await front.http(token, SHOP)).status).toBe(201)
  expect((await pinned()).targets).toMatchObject([{ host: APP, address: '203.0.113.8', port: 3000 }])
  names.addresses[APP] = ['203.0.113.9', '203.0.113.8', '203.0.113.1']
  expect((await front.http(token, SHOP)).body.message).toContain('as it was')
})

it('verifies TLS to a name by default', async () => {
  const { front, token, pinned } = await namesHarness(['203.0.113.9'])
  await front.http(token, { ...SHOP, targetUrl: `https://${APP}` })
  expect(await pinned()).toMatchObject({ tlsVerify: 'system' })
})

it('refuses a name of which one address is forbidden, and one that there is not', async () => {
  const { names, front, token } = await namesHarness(['203.0.113.9', '169.254.169.254'])
  const refused = async (targetUrl: string) => (await front.http(token, { ...SHOP, targetUrl })).body
  expect(await refused(SHOP.targetUrl)).toMatchObject({
    code: 'TARGET_REFUSED',
    error: expect.stringContaining('169.254.169.254'),
  })
  expect((await refused('http://nowhere.example.net')).code).toBe('TARGET_REFUSED')
  expect((await refused('http://shop.apps.example.com')).error).toContain('the front’s own')
  names.isDown = true
  expect((await front.http(token, SHOP)).status).toBe(503)
  expect(await front.stored('routes/')).toEqual([])
})

it('takes localhost only from an agent on this machine', async () => {
  const asked = { ...SHOP, targetUrl: 'http://localhost:3000' }
  const near = await namesHarness([], 'loopback', '127.0.0.1')
  expect((await near.front.http(near.token, asked)).status).toBe(201)
  expect((await near.pinned()).targets).toMatchObject([{ host: 'localhost', address: '127.0.0.1' }])
  expect((await near.front.http(near.token, { ...asked, targetUrl: 'http://localhost:3005' })).status).toBe(400)
  for (const far of [await namesHarness([], 'loopback'), await namesHarness([], 'public', '127.0.0.1')]) {
    const { status, body } = await far.front.http(far.token, asked)
    expect([status, body.code, body.error]).toEqual([
      400,
      'TARGET_REFUSED',
      expect.stringContaining('give the address that the front can reach'),
    ])
  }
  expect([...near.names.asked]).toEqual([])
})

it('goes where the name has moved to, when its time is over', async () => {
  const { names, front, token, later, pinned } = await namesHarness(['203.0.113.9'])
  await front.http(token, SHOP)
  await later(1)
  names.addresses[APP] = ['203.0.113.10']
  const askedBefore = names.asked.length
  await later(30)
  expect([names.asked.length, (await pinned()).targets[0]?.address]).toEqual([askedBefore, '203.0.113.9'])
  await later(30)
  expect(await pinned()).toMatchObject({ targets: [{ address: '203.0.113.10' }], revision: 2, generation: 1 })
  expect(front.gateway.told.at(-1)).toMatchObject([{ route: { revision: 2 } }])
  await later(60)
  expect(front.gateway.told).toHaveLength(2)
})

it('goes on asking when the clock is set back', async () => {
  const { names, front, token, later, pinned } = await namesHarness(['203.0.113.9'])
  await front.http(token, SHOP)
  await later(60)
  await later(-86_400)
  names.addresses[APP] = ['203.0.113.10']
  await later(60)
  expect((await pinned()).targets[0]?.address).toBe('203.0.113.10')
})

it('stays where it is while the name cannot be resolved, or stands for something forbidden', async () => {
  const { names, front, token, later, pinned } = await namesHarness(['203.0.113.9'])
  await front.http(token, SHOP)
  names.isDown = true
  await later(60)
  names.isDown = false
  names.addresses[APP] = ['127.0.0.1']
  await later(60)
  expect(await pinned()).toMatchObject({ targets: [{ address: '203.0.113.9' }], revision: 1 })
  expect(front.logged.filter(({ level }) => level === 'warn')).toHaveLength(2)
  names.addresses[APP] = ['203.0.113.11']
  await later(60)
  expect((await pinned()).targets[0]?.address).toBe('203.0.113.11')
})

it('forgets a name with its last route', async () => {
  const { names, front, token, later } = await namesHarness(['203.0.113.9'])
  await front.http(token, SHOP)
  expect(await front.stored('pinned/')).toEqual([
    { key: 'pinned/vps-1/http/shop.apps.example.com/', value: { [APP]: '203.0.113.9' } },
  ])
  await front.remove(token, { agentId: 'vps-1', subdomain: 'shop', type: 'http' })
  const askedBefore = names.asked.length
  await later(120)
  expect([await front.stored('pinned/'), names.asked.length]).toEqual([[], askedBefore])
})
