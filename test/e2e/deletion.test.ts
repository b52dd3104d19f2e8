import { once } from 'node:events'
import { connect } from 'node:http2'
import { expect, it, onTestFinished } from 'vitest'
import { type Conversation, openBySni, openWebSocket } from '../support/load/echo.ts'
import { startNamedTarget, startTlsTarget } from '../support/named-targets.ts'
import { openRaw } from '../support/raw-connection.ts'
import { expectStatus, put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'

const KINDS = [
  { kind: 'in the lane', options: { check: false } },
  { kind: 'with a backend of its own', options: {} },
]

it.each(KINDS)('refuses a route $kind from the answer of its deletion on, on every connection', async ({ options }) => {
  const routed = await startRoutedFront()
  const { agent, ports, hostOf } = routed
  const target = await startNamedTarget('target')
  const host = hostOf('shop')
  await put(agent, 'other', target.url, { check: false })
  await put(agent, 'shop', target.url, options, { waitSeconds: 20 })

  const [kept, fresh, h2] = [await openRaw(ports.http), await openRaw(ports.http), openHttp2(ports.https, host)]
  expect([await kept.get(host), await fresh.get(hostOf('other')), await h2(host)]).toEqual([200, 200, 200])
  await remove(agent, 'shop')
  expect([await kept.get(host), await fresh.get(host), await h2(host)]).toEqual([404, 404, 404])
  expect(await (await openRaw(ports.http)).get(host)).toBe(404)
  expect(await h2(hostOf('other'))).toBe(200)
})

it('refuses it also on connections that an old worker keeps', async () => {
  const routed = await startRoutedFront()
  const { agent, ports, hostOf } = routed
  const target = await startNamedTarget('target')
  const names = ['lane', 'backend']
  await put(agent, 'lane', target.url, { check: false })
  await put(agent, 'backend', target.url, {}, { waitSeconds: 20 })
  const kept = await Promise.all(names.map(() => openRaw(ports.http)))
  for (const [index, name] of names.entries()) expect(await kept[index]?.get(hostOf(name))).toBe(200)

  await anotherWorker(routed, target.url)
  for (const name of names) await remove(agent, name)
  for (const [index, name] of names.entries()) {
    expect(kept[index]?.isOpen()).toBe(true)
    expect(await kept[index]?.get(hostOf(name))).toBe(404)
  }
})

it('ends WebSockets and connections to databases within 5 seconds, also those that an old worker keeps', async () => {
  const routed = await startRoutedFront()
  const { agent, ports, hostOf, databaseOf } = routed
  const [app, database] = [await startNamedTarget('app'), await startTlsTarget('database')]
  const [one, other] = [await startNamedTarget('one'), await startTlsTarget('other')]
  const talks = async (conversation: Conversation, name: string) => expect(await conversation.say('hello')).toBe(name)

  await put(agent, 'chat', app.url, { check: false })
  await put(agent, 'stays', one.url, { check: false })
  const database1 = { targetHost: '127.0.0.1', targetPort: database.port }
  const database2 = { targetHost: '127.0.0.1', targetPort: other.port, name: 'second' }
  for (const each of [database1, database2]) expectStatus(await agent.post('/api/proxy/mongodb', each), [201])

  const openAll = async () => [
    await openWebSocket(ports.http, hostOf('chat')),
    await openBySni(ports.mongo, databaseOf('vps-1')),
    await openWebSocket(ports.http, hostOf('stays')),
    await openBySni(ports.mongo, databaseOf('second.vps-1')),
  ]
  const old = await openAll()
  await anotherWorker(routed, one.url)
  const all = [...old, ...(await openAll())]
  onTestFinished(() => all.forEach((each) => void each.close()))
  for (const [index, name] of ['app', 'database', 'one', 'other'].entries()) {
    await talks(all[index] as Conversation, name)
    await talks(all[index + 4] as Conversation, name)
  }

  await remove(agent, 'chat')
  expectStatus(await agent.delete('/api/proxy', { type: 'mongodb' }), [200])
  const going = [0, 1, 4, 5].map((index) => all[index] as Conversation)
  await Promise.race([Promise.all(going.map(({ ended }) => ended)), tooLate(5_000)])
  for (const [index, name] of [
    [2, 'one'],
    [3, 'other'],
    [6, 'one'],
    [7, 'other'],
  ] as const)
    await talks(all[index] as Conversation, name)
  await expect(openBySni(ports.mongo, databaseOf('vps-1'))).rejects.toThrow()
})

it('ends only its own connections where other routes lead to the same target, also in an old worker', async () => {
  const routed = await startRoutedFront()
  const { agent, ports, hostOf, databaseOf } = routed
  const [app, database, other] = [
    await startNamedTarget('app'),
    await startTlsTarget('database'),
    await startNamedTarget('other'),
  ]
  for (const name of ['goes', 'stays']) await put(agent, name, app.url, { check: false })
  for (const name of ['goes', 'stays']) {
    const wanted = { targetHost: '127.0.0.1', targetPort: database.port, name }
    expectStatus(await agent.post('/api/proxy/mongodb', wanted), [201])
  }
  const openAll = async (name: string) => [
    await openWebSocket(ports.http, hostOf(name)),
    await openBySni(ports.mongo, databaseOf(`${name}.vps-1`)),
  ]
  const old = { going: await openAll('goes'), staying: await openAll('stays') }
  await anotherWorker(routed, other.url)
  const going = [...old.going, ...(await openAll('goes'))]
  const staying = [...old.staying, ...(await openAll('stays'))]
  onTestFinished(() => [...going, ...staying].forEach((each) => void each.close()))

  await remove(agent, 'goes')
  expectStatus(await agent.delete('/api/proxy', { type: 'mongodb', name: 'goes' }), [200])
  await Promise.race([Promise.all(going.map(({ ended }) => ended)), tooLate(5_000)])
  expect(await Promise.all(staying.map((each) => each.say('hello')))).toEqual(['app', 'database', 'app', 'database'])
})

const tooLate = (ms: number) =>
  once(AbortSignal.timeout(ms), 'abort').then(() => {
    throw new Error(`still open after ${ms} ms`)
  })

/** Makes HAProxy start a new worker. */
async function anotherWorker({ agent, haproxy }: RoutedFront, url: string): Promise<void> {
  const before = haproxy.currentWorker().pid
  await put(agent, 'makes-a-reload', url, {}, { waitSeconds: 20 })
  expect(haproxy.currentWorker().pid).not.toBe(before)
}

/** Gives the status of requests on one connection. */
function openHttp2(port: number, servername: string): (host: string) => Promise<number> {
  const session = connect(`https://127.0.0.1:${port}`, { servername, rejectUnauthorized: false })
  onTestFinished(() => session.destroy())
  return async (host) => {
    const stream = session.request({ ':path': '/', ':authority': host })
    const [headers] = await once(stream, 'response')
    stream.resume()
    await once(stream, 'close')
    return Number(headers[':status'])
  }
}
