import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { itOnNode } from '../support/entry.ts'
import { type EventReader, readEvents } from '../support/event-reader.ts'
import { put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'

const ADMIN_TOKEN = 'the-admin-token-of-these-tests'
const API_HOST = 'front.front.test'
const TARGET = 'http://127.0.0.1:9'

/** Directly, or as agents do it: through HAProxy. */
async function open(port: number, from: string | null = null, query = ''): Promise<EventReader> {
  const headers = {
    host: API_HOST,
    authorization: `Bearer ${ADMIN_TOKEN}`,
    ...(from !== null && { 'last-event-id': from }),
  }
  const sent = request({ host: '127.0.0.1', port, path: `/api/events${query}`, headers, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  onTestFinished(() => void response.destroy())
  const body = Readable.toWeb(response) as ReadableStream<Uint8Array<ArrayBuffer>>
  const reader = readEvents(new Response(body, { status: response.statusCode ?? 0 }))
  await reader.begun
  return reader
}

const stored = ({ events }: EventReader) => events.filter(({ id }) => id !== null)
const appsIn = (readers: EventReader[]) => readers.flatMap(stored).map(({ data }) => data.subdomain)

/** Puts one app after the other until the front is gone. Gives those that were answered. */
async function putUntilKilled(front: RoutedFront, from: number): Promise<string[]> {
  const answered: string[] = []
  for (let n = from; ; n++) {
    try {
      await put(front.agent, `app-${n}`, TARGET, { check: false })
      answered.push(`app-${n}`)
    } catch {
      return answered
    }
  }
}

it('go on after the front was killed, nothing missing and nothing twice', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const readers = [await open(front.ports.api, null, '?types=route')]
  const answered: string[] = []
  for (let round = 0; round < 2; round++) {
    const putting = putUntilKilled(front, round * 1_000)
    await readers.at(-1)?.until(({ data }) => data.subdomain === `app-${round * 1_000 + 20}`)
    await front.kill()
    answered.push(...(await putting))
    await readers.at(-1)?.ended
    await front.start()
    readers.push(await open(front.ports.api, readers.at(-1)?.lastEventId, '?types=route'))
  }
  await put(front.agent, 'the-end', TARGET, { check: false })
  await readers.at(-1)?.until(({ data }) => data.subdomain === 'the-end')
  const told = appsIn(readers)
  expect(new Set(told).size).toBe(told.length)
  // What was committed and could not be answered any more is told too.
  expect(told).toEqual(expect.arrayContaining([...answered, 'the-end']))
  const { routes } = (await front.admin.get('/api/proxy?limit=1000')).body as { routes: { subdomain: string }[] }
  expect([...told].sort()).toEqual(routes.map(({ subdomain }) => subdomain).sort())
})

it('come through HAProxy at once, tell what became of a route, and move to the new worker', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const [reader, direct] = [await open(front.ports.http), await open(front.ports.api)]
  await put(front.agent, 'plain', TARGET, { check: false })
  expect((await reader.until(({ name }) => name === 'route.created')).data).toMatchObject({ status: 'pending' })
  await reader.until(({ name, data }) => name === 'route.status' && data.status === 'live')

  // A checked route whose target does not answer: its backend comes by a reload.
  await put(front.agent, 'checked', TARGET)
  await reader.until(({ name, data }) => name === 'node.reloaded' && data.name.length > 0)
  await reader.ended
  expect(reader.comments.at(-1)).toBe('HAProxy was reloaded: come back with Last-Event-ID')
  const again = await open(front.ports.http, reader.lastEventId)
  await put(front.agent, 'another', TARGET, { check: false })
  await again.until(({ data }) => data.subdomain === 'another')
  expect(appsIn([reader, again])).toEqual(['plain', 'checked', 'another'])
  await direct.until(({ data }) => data.subdomain === 'checked' && data.status === 'degraded')
})

itOnNode('workerd ends its connections itself')(
  'end when the front is told to stop, which does not wait for them',
  { timeout: 120_000 },
  async () => {
    const front = await startRoutedFront()
    const reader = await open(front.ports.api)
    front.front().child.kill('SIGTERM')
    await reader.ended
    expect(reader.comments.at(-1)).toMatch(/^the front stops/)
    expect(await front.front().exited).toBe(0)
  },
)
