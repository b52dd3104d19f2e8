import { expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { openWebSocket } from '../support/load/echo.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { expectStatus, put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'
import { startTarget } from '../support/targets.ts'

const APP = 'www.example.org'

interface Counted {
  requests: number
  servers: { status: string }[]
}

interface Told {
  status: string
  conflicts: { host?: string; with: string }[]
  servers: { seen: { status: string }[] }[]
}

/** What the front does with backends, and who answers at its door. */
function speakingTo({ admin, ports, hostOf, ...front }: RoutedFront) {
  const server = (port: number, also: object = {}) => ({ name: 'srv1', address: '127.0.0.1', port, ...also })
  const putBackend = async (name: string, settings: object, { wait = 0, statuses = [200, 201] } = {}) => {
    const headers: Record<string, string> = wait > 0 ? { prefer: `wait=${wait}` } : {}
    const answer = await admin.put(`/api/backends/${name}`, settings, headers)
    expectStatus(answer, statuses)
    return answer.body.backend as Told
  }
  const removeBackend = async (name: string, statuses = [200]) =>
    expectStatus(await admin.delete(`/api/backends/${name}`, {}), statuses)
  const answerAt = async (host: string, path = '/') => {
    const { status, body } = await ask(ports.http, host, { path })
    return status === 200 ? (JSON.parse(body) as { target: string }).target : status
  }
  return { ...front, admin, ports, hostOf, server, putBackend, removeBackend, answerAt }
}

it('serves backends by host, by path and for all other hosts, as soon as they are told', async () => {
  const { agent, hostOf, server, putBackend, removeBackend, answerAt, start, kill, admin, ports, front } = speakingTo(
    await startRoutedFront(),
  )
  const { http } = ports
  const [one, two, shop, rest] = await Promise.all(['one', 'two', 'shop', 'rest'].map((name) => startTarget(name)))
  const port = (target: typeof one) => target?.port ?? 0

  const made = await putBackend('www', { servers: [server(port(one))], hosts: [APP] }, { statuses: [201] })
  expect(made.status).toMatch(/live|settled/)
  expect(await answerAt(APP)).toBe('one')
  await putBackend('shop', { servers: [server(port(shop))], hosts: [APP], pathPrefixes: ['/shop/'] })
  expect(await Promise.all([answerAt(APP, '/shop/1'), answerAt(APP, '/shop'), answerAt(APP, '/shops')])).toEqual([
    ...['shop', 'shop', 'one'],
  ])
  expect(await answerAt(APP, '//shop/1')).toBe(400)

  expect(await answerAt('nobody.example.net')).toBe(404)
  // The default has all that nobody else has, whatever it asks for of its own hosts.
  await putBackend('rest', { servers: [server(port(rest))], hosts: [], pathPrefixes: ['/rest/'], default: true })
  await putBackend('anywhere', { servers: [server(port(two))], pathPrefixes: ['/hooks/'] })
  expect(await answerAt('nobody.example.net', '//x')).toBe(400)
  expect(await answerAt('Nobody.example.net:80')).toBe('rest')
  expect(await answerAt('nobody.example.net', '/hooks/1')).toBe('two')
  expect(await answerAt(APP, '/hooks/1')).toBe('one')
  expect(await answerAt(hostOf('nobody'))).toBe(404)
  expect(await answerAt('x.mongodb.front.test')).toBe(404)
  expect(await answerAt('front.test.example')).toBe('rest')
  expect(await answerAt('*')).toBe(400)
  expect(await answerAt('_')).toBe(400)

  const changed = await putBackend('www', { servers: [server(port(two))], hosts: [APP] }, { wait: 20 })
  expect(changed.status).toBe('settled')
  expect(await answerAt(APP)).toBe('two')
  expect(changed.servers[0]?.seen[0]?.status).toBeDefined()

  const { stats } = (await admin.get('/api/stats?route=backend:www')).body as { stats: Counted[] }
  expect(stats).toMatchObject([{ type: 'backend', provider: 'api', name: 'www' }])
  // One that was there before ends what it has.
  expect(stats[0]?.servers.map(({ status }) => status)).toContainEqual(expect.stringMatching(/^UP/))
  expect(stats[0]?.requests).toBeGreaterThan(0)
  const all = (await admin.get('/api/stats')).body
  const more = (await admin.get(`/api/stats?cursor=${all.cursor}`)).body as { stats: { id: string }[] }
  expect(more.stats.map(({ id }) => id)).toEqual(['anywhere', 'rest', 'shop', 'www'].map((name) => `backend:${name}`))
  expect((await agent.get('/api/stats?route=backend:www')).status).toBe(403)
  const { lines } = (await admin.get('/api/logs?route=backend:rest')).body as { lines: { host: string }[] }
  expect(lines.map(({ host }) => host)).toContain('nobody.example.net')

  await kill()
  await start()
  expect(await Promise.all([answerAt(APP), answerAt(APP, '/shop/'), answerAt('nobody.example.net')])).toEqual([
    ...['two', 'shop', 'rest'],
  ])

  await removeBackend('www')
  expect(await answerAt(APP)).toBe(404)
  expect(await answerAt(APP, '/shop/')).toBe('shop')
  await removeBackend('rest')
  expect(await answerAt('nobody.example.net')).toBe(404)
  expect(await answerAt('nobody.example.net', '/hooks/1')).toBe('two')
  await removeBackend('rest', [404])

  // Nobody has servers for it, and it is not for others to answer.
  const empty = await putBackend('empty', { servers: [], hosts: ['empty.example.org'] }, { wait: 10 })
  expect(empty.status).toBe('settled')
  expect(await answerAt('empty.example.org')).toBe(503)

  // An agent's route keeps its host; a host that a backend has, no agent can take.
  await put(agent, 'mine', `http://127.0.0.1:${port(one)}`)
  const late = await putBackend('late', { servers: [server(port(two))], hosts: [hostOf('mine'), hostOf('other')] })
  expect(late.conflicts).toEqual([{ over: 'place', host: hostOf('mine'), pathPrefix: null, with: 'an agent' }])
  expect(await Promise.all([answerAt(hostOf('mine')), answerAt(hostOf('other'))])).toEqual(['one', 'two'])
  await expect.poll(() => front().output(), { timeout: 5_000 }).toContain('A backend wants what another one has')
  const refused = await agent.post('/api/proxy/http', { subdomain: 'other', targetUrl: 'http://127.0.0.1:1' })
  expect([refused.status, refused.body.code]).toEqual([409, 'HOST_TAKEN'])
  await remove(agent, 'mine')
  expect(await answerAt(hostOf('mine'))).toBe('two')
  expect(((await admin.get('/api/backends/late')).body.backend as Told).conflicts).toEqual([])

  const lost = (await admin.put('/api/backends/lost', { servers: [server(port(one))] })).body
  const reason = 'nothing leads to it: it has no hosts, no pathPrefixes and is not the default'
  expect(lost).toMatchObject({ status: 'pending', applied: { via: 'none', why: 'nothing leads to it' } })
  expect(lost.message).toBe(`The backend lost is set up, but ${reason}`)
  expect((await admin.get('/api/backends/lost')).body.backend).toMatchObject({ status: 'pending', reason })

  // A WebSocket under a host that nobody has ends with its backend, and no other at the same server.
  const chat = [server((await startNamedTarget('chat')).port)]
  await putBackend('named', { servers: chat, hosts: ['chat.example.org'] })
  await putBackend('any', { servers: chat, default: true })
  const [stays, goes] = [await openWebSocket(http, 'chat.example.org'), await openWebSocket(http, 'nobody.example.net')]
  await removeBackend('any')
  await goes.ended
  expect(await stays.say('hello')).toBe('chat')
  stays.close()
})
