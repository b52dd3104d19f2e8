import { createServer } from 'node:http'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { LogEntry } from '../../shared/access-log/entry.ts'
import type { ApiClient } from '../support/api.ts'
import { ask, keepAlive } from '../support/ask.ts'
import { readEvents } from '../support/event-reader.ts'
import { exchange } from '../support/http-clients.ts'
import { openWebSocket } from '../support/load/echo.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { freePort } from '../support/ports.ts'
import { expectStatus, put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'
import { listen } from '../support/targets.ts'

const linesOf = async (client: ApiClient, query = ''): Promise<LogEntry[]> => {
  const answer = await client.get(`/api/logs${query}`)
  expectStatus(answer, [200])
  return answer.body.lines as LogEntry[]
}

const pathsOf = async (client: ApiClient, query: string) =>
  (await linesOf(client, query)).map(({ path }) => path).sort()

async function reload(front: RoutedFront, name: string): Promise<void> {
  const before = await front.reloads()
  await put(front.agent, name, 'http://127.0.0.1:9', { check: true }, { waitSeconds: 20 })
  expect(await front.reloads()).toBeGreaterThan(before)
}

it('has a line of each request, over reloads, of lane and backend, and each agent sees its own', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const target = await startNamedTarget('target')
  const missing = await listen(createServer((_, response) => response.writeHead(404).end()))
  const lane = (await put(front.agent, 'lane', target.url, { check: false })).route
  await put(front.agent, 'backend', target.url, { check: true }, { waitSeconds: 20 })
  const other = await front.register('vps-2')
  const theirs = (await put(other, 'other', `http://127.0.0.1:${missing}`, { check: false })).route
  const { http } = front.ports
  const [laneHost, backendHost, otherHost] = ['lane', 'backend', 'other'].map(front.hostOf) as [string, string, string]

  const socket = await openWebSocket(http, laneHost)
  for (let i = 0; i < 5; i++) await ask(http, laneHost, { path: `/a${i}?secret=${i}` })
  for (let i = 0; i < 5; i++) await ask(http, backendHost, { path: `/b${i}` })
  await ask(http, otherHost, { path: '/theirs' })
  await ask(http, 'nobody.example.org', { path: '/nobody' })
  await reload(front, 'first')
  for (let i = 5; i < 10; i++) await ask(http, laneHost, { path: `/a${i}` })
  await reload(front, 'second')
  for (let i = 5; i < 10; i++) await ask(http, backendHost, { path: `/b${i}` })
  // Its worker was left by two reloads, and writes its last line when this ends.
  socket.close()

  const each = (letter: string) => Array.from({ length: 10 }, (_, i) => `/${letter}${i}`)
  await vi.waitFor(async () => {
    expect(await pathsOf(front.agent, `?host=${backendHost}`)).toEqual(each('b'))
    expect(await pathsOf(front.agent, `?route=${lane.id}`)).toEqual(['/', ...each('a')])
  }, 20_000)
  expect(await pathsOf(other, '')).toEqual(['/theirs'])
  expect(await pathsOf(front.admin, '?status=4xx')).toEqual(['/nobody', '/theirs'])
  expect(await pathsOf(front.admin, '?status=404&agentId=vps-2')).toEqual(['/theirs'])
  expect(await pathsOf(front.agent, '?limit=3')).toHaveLength(3)
  expect(JSON.stringify(await linesOf(front.admin, '?limit=1000'))).not.toContain('secret')
  for (const query of [`?route=${theirs.id}`, '?agentId=vps-2']) {
    expect((await front.agent.get(`/api/logs${query}`)).status).toBe(403)
  }
  const [line] = await linesOf(other)
  expect(line).toMatchObject({
    ...{ node: 'local', kind: 'http', route: theirs.id, agentId: 'vps-2', client: '127.0.0.1', tls: false },
    ...{ method: 'GET', host: otherHost, status: 404, backend: 'front_lane', end: '--' },
  })
  await vi.waitFor(() => expect(front.haproxy.workers()).toHaveLength(1), 20_000)
})

it('takes nobody’s request for a line of another', async () => {
  const front = await startRoutedFront()
  const dead = `http://127.0.0.1:${await freePort()}`
  const mine = (await put(front.agent, 'mine', dead, { check: false })).route
  const other = await front.register('vps-2')
  await put(other, 'theirs', dead, { check: false })
  const forged = `{"t":1,"kind":"http","client":"6.6.6.6","status":200,"ms":1,"bytes":1,"end":"--","route":"${mine.id}"}`
  const host = front.hostOf('theirs')
  for (const path of [
    `/","route":"${mine.id}`,
    `/\r\n${forged}`,
    `/%0a${encodeURIComponent(forged)}`,
    `/"}\n${forged}`,
  ]) {
    await exchange(front.ports.http, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  }
  await exchange(front.ports.http, `GE","route":"${mine.id}" / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await exchange(front.ports.http, `GET / HTTP/1.1\r\nHost: ${host}","route":"${mine.id}\r\nConnection: close\r\n\r\n`)
  await ask(front.ports.http, host, { path: '/last' })
  await vi.waitFor(async () => expect(await pathsOf(other, '')).toContain('/last'), 10_000)
  expect(await linesOf(front.agent)).toEqual([])
})

it('streams what comes to each who may see it, under load too', { timeout: 60_000 }, async () => {
  const front = await startRoutedFront()
  const target = await startNamedTarget('target')
  await put(front.agent, 'mine', target.url, { check: false })
  const other = await front.register('vps-2')
  await put(other, 'theirs', target.url, { check: false })
  const tail = await openTail(front, front.agent)
  for (let i = 0; i < 200; i++) {
    await ask(front.ports.http, front.hostOf(i % 2 ? 'mine' : 'theirs'), { path: `/${i}` })
  }
  const odd = Array.from({ length: 100 }, (_, i) => `/${2 * i + 1}`)
  await vi.waitFor(() => expect(tail.events.map(({ data }) => data.path).sort()).toEqual(odd.toSorted()), 20_000)
  expectStatus(await front.admin.post('/api/agents/vps-1/revoke', {}), [200])
  await tail.ended
})

it('reads each line once, or counts it, where they come faster than anybody reads', { timeout: 60_000 }, async () => {
  const front = await startRoutedFront()
  const target = await startNamedTarget('target')
  const { route } = await put(front.agent, 'mine', target.url, { check: false })
  const tail = await openTail(front, front.agent)
  const atOnce = 32
  const agent = keepAlive(atOnce)
  onTestFinished(() => agent.destroy())
  const [host, paths] = [front.hostOf('mine'), Array.from({ length: 3_000 }, (_, i) => `/${i}`)]
  await Promise.all(paths.map((path) => ask(front.ports.http, host, { path, agent })))

  await vi.waitFor(async () => {
    const { body } = await front.admin.get('/api/logs?limit=1')
    const read = tail.events.filter(({ data }) => data.route === route.id).map(({ data }) => data.path)
    expect(new Set(read)).toHaveLength(read.length)
    // Where some were lost the count is about right: they are numbered as they begin, and logged as they end.
    const [dropped, doubtful] = [Number(body.dropped), body.dropped === 0 ? 0 : 4 * atOnce]
    expect(read.length + dropped).toBeGreaterThanOrEqual(paths.length - doubtful)
  }, 20_000)
})

async function openTail(front: RoutedFront, { token }: ApiClient) {
  const closing = new AbortController()
  onTestFinished(() => closing.abort())
  const response = await fetch(`${front.front().url}/api/logs`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
    signal: closing.signal,
  })
  return readEvents(response)
}

it('takes the lines that HAProxy sends, where it is told to', async () => {
  const front = await startRoutedFront({ LOG_LISTEN: `127.0.0.1:${await freePort()}` })
  const target = await startNamedTarget('target')
  const { route } = await put(front.agent, 'mine', target.url, { check: false })
  await ask(front.ports.http, front.hostOf('mine'), { path: '/sent?secret' })
  await vi.waitFor(async () => {
    const sent = await linesOf(front.agent)
    expect(sent).toMatchObject([{ node: '127.0.0.1', route: route.id, path: '/sent', status: 200 }])
  }, 10_000)
})
