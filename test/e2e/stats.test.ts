import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { RouteStats } from '../../functions/traffic-schemas.ts'
import type { ApiClient } from '../support/api.ts'
import { ask } from '../support/ask.ts'
import { freePort } from '../support/ports.ts'
import { expectStatus, put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'
import { listen } from '../support/targets.ts'

/** Answers with the status in its path, after as many milliseconds as are in its query. */
const startAnswering = () =>
  listen(
    createServer(async ({ url = '' }, response) => {
      const [, status, ms] = /^\/(\d+)\?(\d+)/.exec(url) ?? []
      await pause(Number(ms ?? 0))
      response.writeHead(Number(status ?? 200)).end('x'.repeat(1_000))
    }),
  )

type OfRoute = Exclude<RouteStats, { type: 'backend' }>

const statsOf = async (client: ApiClient, query = ''): Promise<OfRoute[]> => {
  const answer = await client.get(`/api/stats${query}`)
  expectStatus(answer, [200])
  return answer.body.stats as OfRoute[]
}

const ofHost = async (client: ApiClient, host: string) => {
  const found = (await statsOf(client)).find(({ domain }) => domain === host)
  if (!found) throw new Error(`no figures of ${host}`)
  return found
}

it('counts what clients sent, by route, over reloads, and each agent sees its own', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const [lane, backend, dead] = ['lane', 'backend', 'dead'].map(front.hostOf) as [string, string, string]
  const url = `http://127.0.0.1:${await startAnswering()}`
  const { route } = await put(front.agent, 'lane', url, { check: false })
  await put(front.agent, 'backend', url, { check: true }, { waitSeconds: 20 })
  const other = await front.register('vps-2')
  await put(other, 'dead', `http://127.0.0.1:${await freePort()}`, { check: false })
  await handsItsCountersOn(front)

  for (const host of [lane, backend]) {
    await send(front, host, 4, '/200?0')
    await send(front, host, 2, '/404?0')
    await send(front, host, 1, '/500?0')
    await send(front, host, 1, '/200?60')
  }
  await send(front, dead, 3, '/')
  await reload(front)
  await send(front, lane, 2, '/200?0')

  await vi.waitFor(async () => {
    expect(await ofHost(front.admin, lane)).toMatchObject({
      type: 'http',
      agentId: 'vps-1',
      requests: 10,
      current: 0,
      errors: { client: 2, server: 1, unanswered: 0 },
      bytes: { in: expect.toSatisfy((bytes) => bytes > 300), out: expect.toSatisfy((bytes) => bytes > 10_000) },
      servers: [],
    })
    const { responses, ...counted } = (await ofHost(front.agent, backend)) as Extract<RouteStats, { type: 'http' }>
    expect(counted).toMatchObject({ requests: 8, errors: { client: 2, server: 1, unanswered: 0 } })
    expect(counted.servers).toMatchObject([{ node: front.node, name: 's1', status: 'UP', check: expect.any(String) }])
    expect(responses.averageMs).toBeGreaterThan(0)
    const counts = (responses.histogram ?? []).map(({ requests }) => requests)
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(8)
    // The one that waited for 60 ms.
    expect(counts.slice(2).reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0)
    expect(await ofHost(other, dead)).toMatchObject({ requests: 3, errors: { client: 0, server: 3, unanswered: 3 } })
  }, 20_000)

  const seen = async (client: ApiClient, query: string) => (await statsOf(client, query)).map(({ domain }) => domain)
  expect((await seen(front.admin, '')).sort()).toEqual([backend, dead, lane])
  expect(await seen(front.admin, '?agentId=vps-2')).toEqual([dead])
  expect(await seen(front.admin, `?route=${route.id}`)).toEqual([lane])
  expect(await seen(other, '')).toEqual([dead])
  expect((await other.get('/api/stats?agentId=vps-1')).status).toBe(403)
  expect((await other.get(`/api/stats?route=${route.id}`)).status).toBe(403)
  expect((await front.admin.get('/api/stats')).body.nodes).toEqual([{ name: front.node, counted: true }])
})

it('counts the connections of databases, and their bytes while they are open', async () => {
  const front = await startRoutedFront()
  const port = await listen(createTcpServer((socket) => void socket.on('error', () => {}).pipe(socket)))
  const options = { useTls: false, check: false }
  expectStatus(
    await front.agent.post('/api/proxy/mongodb', { targetHost: '127.0.0.1', targetPort: port, options }),
    [201],
  )
  const servername = front.databaseOf('vps-1')
  const socket = connect({ host: '127.0.0.1', port: front.ports.mongo, servername, rejectUnauthorized: false })
  onTestFinished(() => void socket.destroy())
  socket.write('x'.repeat(5_000))
  await once(socket, 'data')
  await vi.waitFor(async () => {
    const found = await ofHost(front.agent, servername)
    expect(found).toMatchObject({ type: 'mongodb', connections: 1, current: 1 })
    expect(found.bytes.in).toBeGreaterThan(5_000)
    expect(found.bytes.out).toBeGreaterThan(5_000)
  }, 20_000)
})

async function send({ ports }: RoutedFront, host: string, times: number, path: string): Promise<void> {
  for (let i = 0; i < times; i++) await ask(ports.http, host, { path })
}

/** A worker hands its table on only once it has stopped waiting for another's: ten seconds after a first start. */
async function handsItsCountersOn({ haproxy }: RoutedFront): Promise<void> {
  await vi.waitFor(async () => expect(await haproxy.command('show peers')).not.toMatch(/resync_timeout=\d/), 30_000)
}

async function reload(front: RoutedFront): Promise<void> {
  const before = await front.reloads()
  await put(front.agent, 'another', 'http://127.0.0.1:9', { check: true }, { waitSeconds: 20 })
  expect(await front.reloads()).toBeGreaterThan(before)
  expectStatus(await front.agent.delete('/api/proxy', { subdomain: 'another', type: 'http' }), [200])
}
