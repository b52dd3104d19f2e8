import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { listen } from '../../functions/node/server.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { readEvents } from '../support/event-reader.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const BEAT_MS = 1_000
const PATIENCE_MS = 30_000

/** Over real sockets, because what a socket and the kernel hold counts too. */
async function served(): Promise<RoutesHarness & { port: number }> {
  const front = await routesHarness({ events: { beatMs: BEAT_MS, seats: { perToken: 2 } } })
  const server = await listen(front.app, { host: '127.0.0.1', port: 0 })
  onTestFinished(() => {
    front.services.events.close()
    return server.stop(0)
  })
  return { ...front, port: server.port }
}

/** Asks for events, and then does not look at what comes. */
async function deaf(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`)
  await once(socket, 'data')
  socket.pause()
  return socket
}

const listening = async (port: number) =>
  readEvents(
    await fetch(`http://127.0.0.1:${port}/api/events`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }),
  )

/** So many changes in one commit, each some hundred bytes. */
async function change(front: RoutesHarness, token: string, { count, port }: { count: number; port: number }) {
  const routeOf = (_: unknown, n: number) => ({
    type: 'http',
    agentId: 'vps-1',
    subdomain: `app-${n}`,
    targetUrl: `http://203.0.113.7:${port}`,
  })
  const body = { upsert: Array.from({ length: count }, routeOf) }
  expect((await front.call('POST', '/api/proxy/bulk', { token, body })).status).toBe(200)
}

const seatIsFree = async (front: RoutesHarness) =>
  (await front.call('GET', '/api/events', { token: ADMIN_TOKEN })).status === 200

it('cuts a reader off who takes nothing while much comes, and no other', { timeout: 120_000 }, async () => {
  const front = await served()
  const token = await front.agent('vps-1')
  const socket = await deaf(front.port)
  const good = await listening(front.port)
  expect(await seatIsFree(front)).toBe(false)
  let port = 1
  // While it is not full the kernel takes what the reader does not: more than 10 MB.
  for (; port < 400 && !(await seatIsFree(front)); port++) await change(front, token, { count: 490, port })
  expect(await seatIsFree(front)).toBe(true)

  await good.until(
    ({ id, data }) => id !== null && data.subdomain === 'app-99' && data.targetUrl?.endsWith(`:${port - 1}`),
  )
  expect(good.events.filter(({ name }) => name === 'route.created')).toHaveLength(490)
  expect(good.events.filter(({ name }) => name === 'route.changed')).toHaveLength(490 * (port - 2))
  socket.resume()
  await vi.waitFor(() => expect(socket.destroyed).toBe(true), PATIENCE_MS)
})
