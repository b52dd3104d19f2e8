import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { get } from '../../support/http-clients.ts'
import { putAll } from '../../support/option-routes.ts'
import { put, type RoutedFront, startRoutedFront } from '../../support/routed-front.ts'
import { type SwitchableTarget, startSwitchables } from '../../support/switchable-target.ts'

const EVENTUALLY = { timeout: 30_000, interval: 50 }
const three = async () =>
  (await startSwitchables('one', 'two', 'three')) as [SwitchableTarget, SwitchableTarget, SwitchableTarget]

/** So many requests one after the other: whose answers they got. */
async function answersOf({ ports, hostOf }: RoutedFront, subdomain: string, count: number, headers = {}) {
  const counts: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const { status, body } = await get(ports.http, { host: hostOf(subdomain), headers })
    const answer = status === 200 ? body : String(status)
    counts[answer] = (counts[answer] ?? 0) + 1
  }
  return counts
}

async function statusOf(admin: RoutedFront['admin'], subdomain: string): Promise<string | undefined> {
  const routes = (await admin.get('/api/proxy')).body.routes as { subdomain: string; status: string }[]
  return routes.find((route) => route.subdomain === subdomain)?.status
}

/** Tries that were repeated, and those that went to another server, of each route's backend. */
async function figuresOf({ haproxy }: RoutedFront): Promise<{ wretr: number; wredis: number }[]> {
  const [header = '', ...lines] = (await haproxy.command('show stat')).replace(/^# /, '').split('\n')
  const names = header.split(',')
  const rows = lines.map((line) => new Map(line.split(',').map((value, i) => [names[i] ?? '', value])))
  return rows
    .filter((row) => row.get('pxname')?.startsWith('b:') && row.get('svname') === 'BACKEND')
    .map((row) => ({ wretr: Number(row.get('wretr')), wredis: Number(row.get('wredis')) }))
}

/** From an address of this machine. */
const askFrom = (localAddress: string, port: number, host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, localAddress, agent: false, headers: { host } })
    sent.on('response', (response) => text(response).then(resolve, reject))
    sent.on('error', reject)
    sent.end()
  })

it('shares requests out as the balance and the weights say', async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const [one, two, three_] = await three()
  const servers = (weight: number) => [
    { url: two.url, weight },
    { url: three_.url, weight: 0 },
  ]
  const balances = ['roundrobin', 'leastconn', 'source', 'random'] as const
  await putAll(
    front,
    balances.map((balance) => ({
      subdomain: balance,
      targetUrl: one.url,
      options: { balance, servers: servers(50) },
    })),
  )
  const shared = await answersOf(front, 'roundrobin', 60)
  expect(shared.one).toBeGreaterThanOrEqual(38)
  expect(shared.one).toBeLessThanOrEqual(42)
  expect(shared).toEqual({ one: shared.one, two: 60 - (shared.one ?? 0) })
  expect(Object.keys(await answersOf(front, 'random', 60)).sort()).toEqual(['one', 'two'])

  const addresses = Array.from({ length: 30 }, (_, i) => `127.0.1.${i + 1}`)
  const chosen = async () => {
    const answers: string[] = []
    for (const address of addresses) answers.push(await askFrom(address, ports.http, hostOf('source')))
    return answers
  }
  const first = await chosen()
  expect(await chosen()).toEqual(first)
  expect(new Set(first)).toEqual(new Set(['one', 'two']))

  one.holds = true
  const waiting = Array.from({ length: 6 }, () => get(ports.http, { host: hostOf('leastconn') }))
  await expect.poll(() => one.held.length, EVENTUALLY).toBeGreaterThan(0)
  expect(await answersOf(front, 'leastconn', 5)).toEqual({ two: 5 })
  one.holds = false
  for (const response of one.held) response.end('one')
  await Promise.all(waiting)

  // A weight changes while HAProxy runs, with every balance.
  const reloads = await front.reloads()
  for (const balance of balances) await put(agent, balance, one.url, { balance, servers: servers(0) })
  for (const balance of balances) expect.soft(await answersOf(front, balance, 10), balance).toEqual({ one: 10 })
  for (const address of addresses) expect(await askFrom(address, ports.http, hostOf('source'))).toBe('one')
  expect(await front.reloads()).toBe(reloads)
})

it('asks a backup only while no other server answers, and leaves a dead server out at its first refusal', async () => {
  const front = await startRoutedFront()
  const { admin, ports, hostOf } = front
  const [one, two, three_] = await three()
  // Checks are too rare to help.
  const check = { path: '/health', intervalSeconds: 3_600 }
  const balance = 'leastconn'
  const targetUrl = one.url
  await putAll(front, [
    { subdomain: 'backup', targetUrl, options: { check, servers: [{ url: two.url, backup: true }] } },
    { subdomain: 'all', targetUrl, options: { check, servers: [{ url: two.url }, { url: three_.url }] } },
    {
      subdomain: 'unchecked',
      targetUrl,
      options: { balance, check: false, servers: [{ url: two.url }, { url: three_.url }] },
    },
  ])
  expect(await answersOf(front, 'backup', 5)).toEqual({ one: 5 })
  expect(await answersOf(front, 'all', 30)).toEqual({ one: 10, two: 10, three: 10 })

  const failures: string[] = []
  let [isOver, asked] = [false, 0]
  const clients = Array.from({ length: 6 }, async (_, i) => {
    const subdomain = ['backup', 'all', 'unchecked'][i % 3] ?? ''
    while (!isOver) {
      const { status, body } = await get(ports.http, { host: hostOf(subdomain) }).catch(({ message }) => ({
        status: 0,
        body: String(message),
      }))
      asked++
      if (status !== 200) failures.push(`${subdomain} ${status} ${body.slice(-100)}`)
    }
  })
  const until = (count: number) => expect.poll(() => asked, EVENTUALLY).toBeGreaterThan(count)
  await until(100)
  await one.stop()
  await until(asked + 300)
  await expect.poll(() => statusOf(admin, 'all'), EVENTUALLY).toBe('degraded')
  await expect.poll(() => statusOf(admin, 'backup'), EVENTUALLY).toBe('degraded')
  isOver = true
  await Promise.all(clients)
  expect(failures).toEqual([])
  // Checked, it is left out at once; unchecked, it is tried again and again.
  const [checked, alsoChecked, unchecked] = (await figuresOf(front)).map(({ wredis }) => wredis).sort((a, b) => a - b)
  expect(alsoChecked).toBeLessThan(20)
  expect(checked).toBeGreaterThan(0)
  expect(unchecked).toBeGreaterThan(20)
  expect(await answersOf(front, 'backup', 5)).toEqual({ two: 5 })

  await one.start()
  await expect.poll(() => statusOf(admin, 'all'), EVENTUALLY).toBe('settled')
  await expect.poll(() => answersOf(front, 'backup', 5), EVENTUALLY).toEqual({ one: 5 })
  await expect.poll(async () => (await answersOf(front, 'all', 6)).one, EVENTUALLY).toBe(2)
})

it('asks after the health of a server as it was told to', async () => {
  const front = await startRoutedFront()
  const { admin } = front
  const [one, two, three_] = await three()
  one.health = 204
  three_.health = 500
  const check = { path: '/health', intervalSeconds: 1, rise: 1, fall: 2 }
  await putAll(front, [
    { subdomain: 'exact', targetUrl: one.url, options: { check: { ...check, expectStatus: 204 } } },
    { subdomain: 'any', targetUrl: two.url, options: { check, servers: [{ url: one.url }] } },
    { subdomain: 'sick', targetUrl: three_.url, options: { check } },
    { subdomain: 'tcp', targetUrl: three_.url, options: { check: true } },
    { subdomain: 'unchecked', targetUrl: three_.url, options: { check: false } },
  ])
  await expect.poll(() => answersOf(front, 'sick', 1), EVENTUALLY).toEqual({ 503: 1 })
  await expect.poll(() => statusOf(admin, 'sick'), EVENTUALLY).toBe('degraded')
  expect(await answersOf(front, 'exact', 1)).toEqual({ one: 1 })
  expect(await answersOf(front, 'tcp', 1)).toEqual({ three: 1 })
  expect(await answersOf(front, 'unchecked', 1)).toEqual({ three: 1 })
  expect(
    await Promise.all(['exact', 'any', 'tcp', 'unchecked'].map((subdomain) => statusOf(admin, subdomain))),
  ).toEqual(['settled', 'settled', 'settled', 'live'])

  one.health = 200
  await expect.poll(() => answersOf(front, 'exact', 1), EVENTUALLY).toEqual({ 503: 1 })
  two.health = 404
  await expect.poll(() => answersOf(front, 'any', 4), EVENTUALLY).toEqual({ one: 4 })
  three_.health = 302
  await expect.poll(() => answersOf(front, 'sick', 1), EVENTUALLY).toEqual({ three: 1 })
  await expect.poll(() => statusOf(admin, 'sick'), EVENTUALLY).toBe('settled')
  await expect.poll(() => statusOf(admin, 'any'), EVENTUALLY).toBe('degraded')
})

it('keeps a browser at its server, over changes beside it and as long as that answers', async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const [one, two, three_] = await three()
  await putAll(front, [
    { subdomain: 'sticky', targetUrl: one.url, options: { sticky: true, servers: [{ url: two.url }] } },
    {
      subdomain: 'sticky',
      targetUrl: one.url,
      options: { pathPrefix: '/named', sticky: { cookie: 'mine' }, redirectToHttps: true, servers: [{ url: two.url }] },
    },
  ])
  const host = hostOf('sticky')
  const visit = async () => {
    const { body, headers } = await get(ports.http, { host })
    const [given = ''] = headers['set-cookie'] ?? []
    return { body, cookie: given.split(';')[0] ?? '', given }
  }
  const cookies = new Map<string, string>()
  while (cookies.size < 2) {
    const { body, cookie, given } = await visit()
    expect(given).toMatch(/^front_server=[a-z0-9]+; path=\/; HttpOnly$/)
    cookies.set(body, cookie)
  }
  const withCookie = (name: string) => ({ cookie: `a=b; ${cookies.get(name)}` })
  expect(await answersOf(front, 'sticky', 10, withCookie('one'))).toEqual({ one: 10 })
  expect(await answersOf(front, 'sticky', 10, withCookie('two'))).toEqual({ two: 10 })

  // Other servers beside it, in another order: another backend, the same cookies.
  const servers = [{ url: two.url }, { url: one.url }]
  await put(agent, 'sticky', three_.url, { sticky: true, servers }, { waitSeconds: 30 })
  expect(await answersOf(front, 'sticky', 6, withCookie('one'))).toEqual({ one: 6 })
  expect(await answersOf(front, 'sticky', 6, withCookie('two'))).toEqual({ two: 6 })
  const reloads = await front.reloads()
  const drained = [{ url: two.url, weight: 0 }, { url: one.url }]
  await put(agent, 'sticky', three_.url, { sticky: true, servers: drained })
  expect(await answersOf(front, 'sticky', 6, withCookie('two'))).toEqual({ two: 6 })
  expect(Object.keys(await answersOf(front, 'sticky', 10)).sort()).toEqual(['one', 'three'])
  expect(await front.reloads()).toBe(reloads)

  await one.stop()
  expect(await answersOf(front, 'sticky', 6, withCookie('one'))).toEqual({ three: 6 })
  // Where nobody finds out that it is dead, each request tries it once, and then another one.
  const unchecked = { check: false, sticky: true, servers: [{ url: one.url }, { url: two.url, weight: 0 }] }
  await put(agent, 'sticky', three_.url, unchecked, { waitSeconds: 30 })
  expect(await answersOf(front, 'sticky', 3, withCookie('one'))).toEqual({ three: 3 })
  expect((await figuresOf(front)).filter(({ wredis }) => wredis > 0)).toEqual([{ wretr: 0, wredis: 3 }])

  const ca = await (await fetch(`http://127.0.0.1:${ports.api}/api/certificates/ca.pem`)).text()
  const named = await get(ports.https, { host, ca, path: '/named' })
  expect(named.headers['set-cookie']?.[0]).toMatch(/^mine=[a-z0-9]+; path=\/; HttpOnly; Secure$/)
})
