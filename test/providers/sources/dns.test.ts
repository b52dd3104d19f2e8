import { expect, test } from 'vitest'
import { createDnsProvider } from '../../../shared/providers/dns/dns-provider.ts'
import { createAskDns } from '../../../shared/providers/dns/node-ask-dns.ts'
import { WatchedName } from '../../../shared/providers/dns/watched-name.ts'
import { startDns, type Zone } from '../../support/dns.ts'
import { listenTo } from '../listen-to.ts'

const API = { name: 'api', srv: '_http._tcp.api.test', hosts: ['api.example.com'] }
const WEB = { name: 'web', addresses: 'web.test', port: 8080 }

async function watch(zone: Zone, backends: object[], { timeoutMs = 1_000 } = {}) {
  const resolver = await startDns(zone)
  const provider = createDnsProvider({
    backends: backends.map((each) => WatchedName.parse(each)),
    askDns: createAskDns({ resolver, timeoutMs }),
    minTtlSeconds: 0.02,
    maxTtlSeconds: 0.1,
  })
  return listenTo(provider)
}

const serversOf = (backend: { servers: object[] } | undefined) => backend?.servers

test('the services of the lowest priority are the servers, by their weights; the others step in', async () => {
  const zone: Zone = {
    '_http._tcp.api.test': { SRV: ['10 60 8080 a.test', '10 20 8081 b.test', '20 0 9090 c.test'] },
    'a.test': { A: ['10.0.0.1'] },
    'b.test': { A: ['10.0.0.2'], AAAA: ['fd00:0:0:0:0:0:0:2'] },
    'c.test': { A: ['10.0.0.3'] },
  }
  const watched = await watch(zone, [{ ...API, server: { tls: true } }])
  await watched.until(({ state }) => state.has('api'))
  const same = { tls: true, protocol: 'auto', check: true }
  expect(watched.state.get('api')).toEqual({
    name: 'api',
    hosts: ['api.example.com'],
    pathPrefixes: [],
    balance: 'roundrobin',
    default: false,
    servers: [
      { name: '10.0.0.1-8080', address: '10.0.0.1', port: 8080, weight: 60, ...same },
      { name: '10.0.0.2-8081', address: '10.0.0.2', port: 8081, weight: 20, ...same },
      { name: '10.0.0.3-9090', address: '10.0.0.3', port: 9090, weight: 1, backup: true, ...same },
      { name: 'v6-fd00--2-8081', address: 'fd00::2', port: 8081, weight: 20, ...same },
    ],
  })
})

test.each([
  ['all zero: they are equal', [0, 0], [undefined, undefined]],
  ['more than HAProxy knows', [65_535, 655], [256, 3]],
  ['as HAProxy has them', [256, 0], [256, 1]],
])('weights: %s', async (_, [one, two], expected) => {
  const zone: Zone = {
    '_http._tcp.api.test': { SRV: [`1 ${one} 80 a.test`, `1 ${two} 81 a.test`] },
    'a.test': { A: ['10.0.0.1'] },
  }
  const watched = await watch(zone, [API])
  await watched.until(({ state }) => state.has('api'))
  expect(watched.state.get('api')?.servers.map(({ weight }) => weight)).toEqual(expected)
})

test('asks again by the time to live', async () => {
  const zone: Zone = { 'web.test': { A: ['10.0.0.1'], ttl: 0 } }
  const watched = await watch(zone, [WEB])
  await watched.until(({ state }) => state.has('web'))
  zone['web.test'] = { A: ['10.0.0.2', '10.0.0.1'], ttl: 3_600 }
  await watched.until(({ state }) => serversOf(state.get('web'))?.length === 2)
  zone['web.test'] = { A: ['10.0.0.2'] }
  await watched.until(({ state }) => serversOf(state.get('web'))?.length === 1)
  expect(watched.events.map(({ type }) => type)).toEqual(['ADD', 'UPDATE', 'UPDATE'])
})

test('the order of an answer means nothing', async () => {
  const zone: Zone = { 'web.test': { A: ['10.0.0.1', '10.0.0.2'] } }
  const watched = await watch(zone, [WEB])
  await watched.until(({ state }) => state.has('web'))
  zone['web.test'] = { A: ['10.0.0.2', '10.0.0.1', '10.0.0.1'] }
  const before = watched.successes()
  await watched.until(() => watched.successes() > before + 3)
  expect(watched.events).toHaveLength(1)
})

test.each(['SERVFAIL', 'silent'] as const)('%s keeps the last state, and touches no other name', async (fails) => {
  const zone: Zone = { 'web.test': { A: ['10.0.0.1'] }, 'other.test': { A: ['10.0.1.1'] } }
  const watched = await watch(zone, [WEB, { name: 'other', addresses: 'other.test', port: 80 }], { timeoutMs: 100 })
  await watched.until(({ state }) => state.size === 2)
  zone['web.test'] = { fails }
  await watched.until(({ problem }) => problem()?.startsWith('web: ') === true)
  expect(watched.problem()).toMatch(/127\.0\.0\.1 port \d+ cannot say the A+ records of web\.test/)
  zone['other.test'] = { A: ['10.0.1.2'] }
  await watched.until(({ state }) => state.get('other')?.servers[0]?.address === '10.0.1.2')
  expect(watched.state.get('web')?.servers).toHaveLength(1)
  zone['web.test'] = { A: ['10.0.0.3'] }
  await watched.until(({ state, problem }) => problem() === null && serversOf(state.get('web'))?.length === 1)
  expect(watched.state.get('web')?.servers[0]?.address).toBe('10.0.0.3')
})

test('a name that is gone is believed to be gone when it stays so', async () => {
  const zone: Zone = { 'web.test': { A: ['10.0.0.1'] } }
  const watched = await watch(zone, [WEB])
  await watched.until(({ state }) => state.has('web'))
  delete zone['web.test']
  await watched.until(({ problem }) => problem() === 'web: there are no records for web.test')
  expect(watched.state.get('web')?.servers).toHaveLength(1)
  zone['web.test'] = { A: ['10.0.0.1'] }
  await watched.until(({ problem }) => problem() === null)
  expect(watched.events).toHaveLength(1)
  delete zone['web.test']
  await watched.until(({ state }) => serversOf(state.get('web'))?.length === 0)
})

test('reads over TCP what is too long for UDP', async () => {
  const addresses = Array.from({ length: 100 }, (_, i) => `10.0.1.${i}`)
  const watched = await watch({ 'web.test': { A: addresses } }, [WEB])
  await watched.until(({ state }) => state.has('web'))
  expect(watched.state.get('web')?.servers).toHaveLength(100)
})

const address = Buffer.from([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1])
const label = (length: number) => Buffer.from([length, ...Array(length).fill(0x61)])

test.each([
  ['as long as names may be', [63, 63, 63, 61], true],
  ['an octet longer', [63, 63, 63, 62], false],
  ['a label that is too long', [64], false],
  ['of 15 KB', Array(240).fill(63), false],
])('names that thousands of records point to: %s', async (_, lengths, isRead) => {
  const name = Buffer.concat([...lengths.map(label), Buffer.from([0])])
  const pointer = Buffer.from([0xc0, 12 + 'web.test'.length + 2 + 4])
  const octets = [Buffer.concat([name, address]), ...Array(3_000).fill(Buffer.concat([pointer, address]))]
  const resolver = await startDns({ 'web.test': { octets } })
  const asked = createAskDns({ resolver })('web.test', 'A', AbortSignal.timeout(5_000))
  if (isRead) expect((await asked)?.addresses).toHaveLength(3_001)
  else await expect(asked).rejects.toThrow('(its answer cannot be read)')
})

test.each([
  [{ name: 'api' }],
  [{ name: 'api', srv: 'api test' }],
  [{ name: 'api', addresses: 'api.test' }],
  [{ name: 'api', srv: 'api.test', addresses: 'api.test', port: 80 }],
])('refuses %j', (watched) => {
  expect(WatchedName.safeParse(watched).success).toBe(false)
})
