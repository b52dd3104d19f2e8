import { expect, it } from 'vitest'
import type { Target } from '../../shared/domain/route-record.ts'
import { backendOf } from '../../shared/gateway/backend/backend-of.ts'
import { httpRoute, target } from './routes.ts'

const backendTo = (...targets: Target[]) => backendOf(httpRoute({ targets }))
const serversTo = (...targets: Target[]) => Object.values(backendTo(...targets).servers ?? {})
const named = (name: string, also: Partial<Target> = {}) => target(8_080, { name, ...also })
const nameOf = (also: Partial<Target> = {}) => serversTo(named('a', also))[0]?.name

it('keeps the name of a server whatever comes and goes beside it, and whatever share it gets', () => {
  const name = nameOf()
  expect(name).toMatch(/^a:[0-9a-z]+$/)
  expect(serversTo(named('b', { port: 1 }), named('a'))[1]?.name).toBe(name)
  for (const also of [{ weight: 9 }, { state: 'drain' }, { state: 'maint' }] as const) expect(nameOf(also)).toBe(name)
})

it('makes another server of another place or another way to it', () => {
  const changes: Partial<Target>[] = [
    { address: '192.0.2.8' },
    { port: 1 },
    { tls: true },
    { tls: true, host: 'api.example.com', tlsVerify: 'system' },
    { protocol: 'h2c' },
    { backup: true },
    { check: false },
  ]
  expect(new Set([{}, ...changes].map(nameOf)).size).toBe(changes.length + 1)
})

it('gives all backends whose servers come and go the same frame, how many there are', () => {
  const { servers: _, ...frame } = backendTo(named('a'))
  expect(backendTo()).toEqual({ ...frame, servers: {} })
  expect(backendTo(named('a'), named('b'))).toMatchObject(frame)
})

it('lets HAProxy read the authorities that a server may need which comes while it runs, and for no others', () => {
  const ca = { ssl_cafile: '@system-ca' }
  expect([backendTo(), backendTo(named('a')), backendTo(target(8_080))].map((each) => each.default_server)).toEqual([
    ca,
    ca,
    undefined,
  ])
})

it('checks by the first HTTP check, with the host that it names', () => {
  const check = { kind: 'http' as const, path: '/up', host: 'api.test', intervalSeconds: 2, rise: 2, fall: 3 }
  const { http_check_list: list, servers } = backendTo(
    named('a'),
    named('b', { check: { ...check, expectStatus: 200 } }),
  )
  expect(list).toMatchObject([{ uri: '/up', headers: [{ fmt: 'api.test' }] }, { pattern: '^200$' }])
  expect(Object.values(servers ?? {})).toMatchObject([{ check: 'enabled' }, { check: 'enabled', inter: 2_000 }])
})

it('puts a drained server into the file with no share, and one in maintenance as disabled', () => {
  expect(serversTo(named('a', { state: 'drain' }))).toMatchObject([{ weight: 0 }])
  expect(serversTo(named('a', { state: 'maint' }))).toMatchObject([{ weight: 1, maintenance: 'enabled' }])
})
