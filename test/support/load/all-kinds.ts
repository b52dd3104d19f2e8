import { type NamedTarget, startTlsTarget } from '../named-targets.ts'
import { expectStatus, put, type RoutedFront } from '../routed-front.ts'
import { conversationLoad, openBySni, openWebSocket } from './echo.ts'
import { type Asked, http1Load } from './http1.ts'
import { http2Load } from './http2.ts'
import type { Load } from './load.ts'

/**
 * Every kind of client at once, on routes that nobody touches and on those that are asked for besides: one that stays in
 * the lane, one with a backend of its own, a WebSocket, and a database.
 */
export async function everyKindOfLoad(
  routed: RoutedFront,
  target: NamedTarget,
  others: readonly Asked[] = [],
): Promise<Load[]> {
  const { agent, ports, hostOf, databaseOf } = routed
  const steady = ['steady-lane', 'steady-backend']
  await put(agent, 'steady-lane', target.url, { check: false })
  await put(agent, 'steady-backend', target.url)
  const database = await startTlsTarget('database', target.address)
  expectStatus(
    await agent.post('/api/proxy/mongodb', { targetHost: database.address, targetPort: database.port }),
    [200, 201],
  )

  const asked: Asked[] = [...steady.map((name) => ({ host: hostOf(name), answers: () => [target.name] })), ...others]
  const webSocket = () => openWebSocket(ports.http, hostOf('steady-lane'))
  const bySni = () => openBySni(ports.mongo, databaseOf('vps-1'))
  return [
    http1Load(ports.http, asked, { connections: 'kept' }),
    http1Load(ports.http, asked, { connections: 'new' }),
    http2Load(ports.https, asked),
    conversationLoad('WebSocket', webSocket, target.name),
    conversationLoad('TLS by name', bySni, database.name),
  ]
}

/** Each has got so many more answers. */
export const moreOfEach = (loads: readonly Load[], count: number) => Promise.all(loads.map((load) => load.more(count)))

/** Ends them all, and says what went wrong with any. */
export async function failuresOf(loads: readonly Load[]): Promise<string[]> {
  await Promise.all(loads.map((load) => load.stop()))
  return loads.flatMap(({ failures }) => failures)
}
