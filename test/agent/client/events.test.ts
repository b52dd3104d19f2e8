import { EventEmitter, once } from 'node:events'
import { expect, it } from 'vitest'
import { createEventReader } from '../../../agent/daemon/event-reader.ts'
import { createLog } from '../../../shared/log/log.ts'
import { registered } from '../support.ts'

const ROUTE = { subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }

it('events go on behind the last one when the connection breaks', async () => {
  const { client, requests, instead } = await registered()
  const gone = new AbortController()
  let opened = 0
  const broken: unknown[] = []
  const events = client.events({
    signal: gone.signal,
    types: ['route'],
    opened: () => void opened++,
    broken: (error) => broken.push(error),
  })
  const text =
    'retry: 2000\nid: 3\n\nid: 4\nevent: route.created\ndata: {"domain":\ndata: "a.apps.example.com"}\n\nid: 5\nevent: route.rem'
  instead.push(() => new Response(text, { headers: { 'content-type': 'text/event-stream' } }))
  expect((await events.next()).value).toEqual({
    id: '4',
    event: 'route.created',
    data: { domain: 'a.apps.example.com' },
  })
  const next = events.next()
  await client.putHttpRoute(ROUTE)
  const heard = (await next).value
  expect(heard?.event).toBe('route.created')
  expect(heard?.data).toMatchObject({ domain: 'shop.apps.example.com' })
  const streams = requests.filter(({ url }) => url.includes('/api/events'))
  expect(streams.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '4'])
  expect(streams[0]?.url).toContain('types=route')
  expect([opened, broken]).toEqual([2, [null]])
  gone.abort()
  expect((await events.next()).done).toBe(true)
})

it('what the front refuses for good is thrown', async () => {
  const { client } = await registered()
  const events = client.events({ signal: new AbortController().signal, lastEventId: 'nonsense' })
  await expect(events.next()).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

it('a stream that cannot be opened is tried again', async () => {
  const { client, instead } = await registered()
  const gone = new AbortController()
  instead.push(() => new Response('', { status: 503 }))
  const first = client.events({ signal: gone.signal }).next()
  // The stream begins when it stands, so something has to happen after that.
  const happening = setInterval(() => void client.update({ agentName: `At ${Date.now()}` }).catch(() => undefined), 100)
  expect((await first).value?.event).toBe('agent.changed')
  clearInterval(happening)
  gone.abort()
})

it('when the front is back, the stream is opened anew, also where nobody has told that the old one is dead', async () => {
  const { client, instead } = await registered()
  const silent = () => new Response(new ReadableStream({}), { headers: { 'content-type': 'text/event-stream' } })
  const gone = new AbortController()
  const opened = new EventEmitter()
  const reader = createEventReader({
    front: client,
    converger: { wake: () => undefined, reconsider: () => void opened.emit('again') },
    keeper: { doubt: () => undefined },
    pauseMs: () => 60_000,
    log: createLog({ write: () => undefined }),
  })
  instead.push(silent)
  const first = once(opened, 'again')
  const running = reader.run(gone.signal)
  await first
  // Then it is refused for good, so that the reader waits until it is woken.
  const refused = Promise.withResolvers<void>()
  instead.push(() => {
    refused.resolve()
    return new Response('', { status: 404 })
  })
  const second = once(opened, 'again')
  reader.wake()
  await refused.promise
  reader.wake()
  await second
  gone.abort()
  await running
})
