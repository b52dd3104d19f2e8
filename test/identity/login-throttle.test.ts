import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AppError } from '../../shared/errors.ts'
import { createLoginThrottle, type Login } from '../../shared/identity/login-throttle.ts'

const HOME = '192.0.2.1'
const elsewhere = (i: number) => `203.0.${i >> 8}.${i & 255}`

function throttle(size?: number) {
  let nowMs = 1_900_000_000_000
  const logins = createLoginThrottle({ now: () => nowMs, size })
  const fail = (times: number, login: (i: number) => Login) => {
    for (let i = 0; i < times; i++) logins.failed(login(i))
  }
  /** 0, or the seconds of Retry-After. */
  const waitSeconds = (login: Login): number => {
    try {
      logins.assertMayTry(login)
      return 0
    } catch (error) {
      expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
      return Number((error as AppError).headers['retry-after'])
    }
  }
  return { logins, fail, waitSeconds, passSeconds: (seconds: number) => (nowMs += seconds * 1_000) }
}

it.each([
  ['nothing failed', 0, 0, 0],
  ['nine failures', 9, 0, 0],
  ['ten failures', 10, 0, 10],
  ['ten failures, 9.5 s ago', 10, 9.5, 1],
  ['ten failures, 10 s ago', 10, 10, 0],
  ['a flood', 100_000, 0, 810],
  ['a flood, 15 minutes ago', 100_000, 900, 0],
])('an agent, from ever new addresses: %s', (_, failures, laterSeconds, expected) => {
  const { fail, waitSeconds, passSeconds } = throttle()
  fail(failures, (i) => ({ agentId: 'shop', address: elsewhere(i) }))
  passSeconds(laterSeconds)
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(expected)
  expect(waitSeconds({ agentId: 'another', address: HOME })).toBe(0)
})

it.each([
  ['nineteen failures', 19, HOME, HOME, 0],
  ['twenty failures', 20, HOME, HOME, 5],
  ['twenty failures of another address', 20, '192.0.2.2', HOME, 0],
  ['twenty failures of the same /64', 20, '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 5],
  ['twenty failures of the next /64', 20, '2001:db8:1:3::1', '2001:db8:1:2::1', 0],
  ['twenty failures of the same IPv4 address in IPv6', 20, `::ffff:${HOME}`, HOME, 5],
  ['twenty failures of no address', 20, '', 'nonsense', 5],
])('an address, with ever new names: %s', (_, failures, from, address, expected) => {
  const { fail, waitSeconds } = throttle()
  fail(failures, (i) => ({ agentId: `agent-${i}`, address: from }))
  expect(waitSeconds({ agentId: 'shop', address })).toBe(expected)
})

it('a flood from elsewhere does not lock an agent out where it succeeded before', () => {
  const { logins, fail, waitSeconds } = throttle()
  logins.succeeded({ agentId: 'shop', address: HOME })
  fail(10_000, (i) => ({ agentId: 'shop', address: elsewhere(i) }))
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(0)
  expect(waitSeconds({ agentId: 'shop', address: '192.0.2.2' })).toBeGreaterThan(0)
})

it('a broken neighbour behind one address does not lock out those who succeeded there', () => {
  const { logins, fail, waitSeconds } = throttle()
  logins.succeeded({ agentId: 'shop', address: HOME })
  fail(1_000, () => ({ agentId: 'broken', address: HOME }))
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(0)
  expect(waitSeconds({ agentId: 'new', address: HOME })).toBeGreaterThan(0)
})

it('also where an agent succeeded before, its failures are slowed down', () => {
  const { logins, fail, waitSeconds } = throttle()
  logins.succeeded({ agentId: 'shop', address: HOME })
  fail(10, () => ({ agentId: 'shop', address: HOME }))
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(10)
  logins.succeeded({ agentId: 'shop', address: HOME })
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(10)
})

it('logins of one’s own agent do not buy tries at another', () => {
  const { logins, fail, waitSeconds } = throttle()
  fail(20, () => ({ agentId: 'shop', address: HOME }))
  logins.succeeded({ agentId: 'mine', address: HOME })
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBeGreaterThan(0)
  expect(waitSeconds({ agentId: 'another', address: HOME })).toBeGreaterThan(0)
})

it('an agent that succeeds from everywhere washes out only its own addresses', () => {
  const { logins, fail, waitSeconds } = throttle(100)
  logins.succeeded({ agentId: 'shop', address: HOME })
  for (let i = 0; i < 1_000; i++) logins.succeeded({ agentId: 'mine', address: elsewhere(i) })
  fail(1_000, (i) => ({ agentId: 'shop', address: elsewhere(i) }))
  fail(1_000, (i) => ({ agentId: 'mine', address: elsewhere(10_000 + i) }))
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(0)
  expect(waitSeconds({ agentId: 'mine', address: elsewhere(999) })).toBe(0)
  expect(waitSeconds({ agentId: 'mine', address: elsewhere(0) })).toBeGreaterThan(0)
})

it('a flood of other names does not give tries at one agent back', () => {
  const { fail, waitSeconds } = throttle(100)
  fail(12, (i) => ({ agentId: 'shop', address: elsewhere(i) }))
  fail(5_000, (i) => ({ agentId: `agent-${i}`, address: elsewhere(i) }))
  expect(waitSeconds({ agentId: 'shop', address: HOME })).toBe(30)
})

it('remembers a bounded number of things, whatever happens', () => {
  const event = fc.record({ agent: fc.nat(60), address: fc.nat(60), succeeded: fc.boolean(), laterSeconds: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 500, size: 'max' }), (events) => {
      const { logins, passSeconds } = throttle(10)
      for (const { agent, address, succeeded, laterSeconds } of events) {
        passSeconds(laterSeconds)
        const login = { agentId: `agent-${agent}`, address: elsewhere(address) }
        if (succeeded) logins.succeeded(login)
        else logins.failed(login)
        if (logins.size > 40) return false
      }
      return true
    }),
  )
})
