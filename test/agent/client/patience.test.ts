import { createServer } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createFrontClient } from '../../../agent/client/front-client.ts'
import { createPinnedFetch } from '../../../agent/client/pinned-fetch.ts'
import { backOffMs } from '../../../agent/client/retry.ts'
import { listen } from '../../support/targets.ts'
import { registered } from '../support.ts'

const ROUTE = { subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
const broken = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }))
const answered =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response('<h1>no</h1>', { status, headers })
const busy = (seconds: string) => () =>
  Response.json(
    { success: false, error: 'Too many', code: 'TOO_MANY_REQUESTS' },
    { status: 429, headers: { 'retry-after': seconds } },
  )

it('a write that broke off is done again under the same key, and so once', async () => {
  const { client, calls, requests, instead, front } = await registered()
  // The front does it, and its answer is lost.
  instead.push(async () => {
    await front.app.request((requests.at(-1) as Request).clone())
    return broken()
  })
  const { route, message } = await client.putHttpRoute(ROUTE)
  expect(calls).toHaveLength(2)
  const [first, second] = requests.map(({ headers }) => headers.get('idempotency-key'))
  expect(first).toBe(second)
  expect(route.revision).toBe(1)
  expect(message).toContain('shop')
})

it('what stands in front of the front and fails is tried again', async () => {
  const { client, calls, instead } = await registered()
  instead.push(answered(502), answered(503), answered(504))
  await client.listRoutes()
  expect(calls).toHaveLength(4)
})

it('the time that the front asks for is waited, and more than the patience is not', async () => {
  const { client, calls, instead } = await registered()
  vi.useFakeTimers()
  try {
    instead.push(busy('7'))
    const call = client.listRoutes()
    await vi.advanceTimersByTimeAsync(6_900)
    expect(calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(300)
    await call
    expect(calls).toHaveLength(2)
    instead.push(busy('60'))
    await expect(client.listRoutes()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterMs: 60_000 })
    instead.push(
      answered(429, { 'retry-after': 'Wed, 21 Oct 2026 07:29:00 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }),
    )
    await expect(client.listRoutes()).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', retryAfterMs: 60_000 })
  } finally {
    vi.useRealTimers()
  }
})

it('when HAProxy answers for a front that is gone, its word of when to come again is not the front’s', async () => {
  const { client, instead } = await registered()
  instead.push(answered(503, { 'retry-after': '30' }))
  const message = expect.stringMatching(/^HAProxy answers at .*, but the front behind it does not \(503\)$/)
  await expect(client.listRoutes({ patienceMs: 0 })).rejects.toMatchObject({ message, retryAfterMs: null })
})

it('what would fail again is not tried again', async () => {
  const { client, calls, instead } = await registered()
  instead.push(answered(500))
  await expect(client.listRoutes()).rejects.toMatchObject({ status: 500, code: 'UNEXPECTED_ANSWER' })
  await expect(client.readRoute('vps-1.nothing')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(calls).toHaveLength(2)
})

it('waiting ends with the signal', async () => {
  const { client, instead } = await registered()
  instead.push(busy('20'))
  const gone = new AbortController()
  const call = client.listRoutes({ signal: gone.signal })
  setTimeout(() => gone.abort(new Error('enough')), 10)
  await expect(call).rejects.toThrow('enough')
})

it('a front that cannot be reached is named with the reason', async () => {
  const front = { url: 'http://127.0.0.1:1', agentId: 'vps-1', agentKey: 'some-long-key' }
  const client = createFrontClient({ ...front, patienceMs: 0 })
  await expect(client.read()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    status: null,
    message: expect.stringMatching(
      /^The front at http:\/\/127\.0\.0\.1:1 cannot be reached: .*(ECONNREFUSED|bad port)/,
    ),
  })
})

it('pauses grow to a limit, and are never the same for all', () => {
  expect([0, 1, 2, 10].map((failures) => backOffMs(failures, () => 1))).toEqual([250, 500, 1_000, 5_000])
  expect(backOffMs(10, () => 0)).toBe(2_500)
})

it('a kept connection that has ended meanwhile is no front that is away', async () => {
  let connections = 0
  const server = createServer((socket) => {
    const isFirst = ++connections === 1
    let asked = 0
    socket.on('data', () => {
      if (isFirst && ++asked === 2) return socket.destroy()
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  const port = await listen(server)
  const { fetch, close } = createPinnedFetch({ ca: null })
  onTestFinished(close)
  for (const method of ['GET', 'POST', 'POST']) {
    const answer = await fetch(
      new Request(`http://127.0.0.1:${port}/`, { method, ...(method === 'POST' && { body: 'a' }) }),
    )
    expect(await answer.text()).toBe('ok')
  }
  expect(connections).toBe(2)
})
