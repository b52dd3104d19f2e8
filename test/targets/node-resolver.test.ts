import { expect, it } from 'vitest'
import { nodeResolver } from '../../shared/targets/node-resolver.ts'
import { startDns, type Zone } from '../support/dns.ts'

const SIX = '2001:db8:0:0:0:0:0:1'
const ZONE: Zone = {
  'four.test': { A: ['203.0.113.1', '203.0.113.2'], ttl: 30 },
  'six.test': { AAAA: [SIX] },
  'both.test': { A: ['203.0.113.1'], AAAA: [SIX], ttl: 5 },
  'none.test': {},
  'broken.test': { fails: 'SERVFAIL' },
  'silent.test': { fails: 'silent' },
}

const resolver = async () => nodeResolver({ server: await startDns(ZONE), timeoutMs: 50 })

it.each([
  ['four.test', ['203.0.113.1', '203.0.113.2'], 30],
  ['six.test', ['2001:db8::1'], 60],
  ['both.test', ['203.0.113.1', '2001:db8::1'], 5],
])('gives all addresses of %s, with the shortest TTL', async (name, addresses, ttlSeconds) => {
  expect(await (await resolver())(name)).toEqual({ addresses, ttlSeconds })
})

it.each([
  ['none.test', 'TARGET_REFUSED'],
  ['nowhere.test', 'TARGET_REFUSED'],
  ['broken.test', 'RESOLVER_UNAVAILABLE'],
  ['silent.test', 'RESOLVER_UNAVAILABLE'],
])('says of %s what can be done: %s', async (name, code) => {
  await expect((await resolver())(name)).rejects.toMatchObject({ code, message: expect.stringContaining(name) })
})
