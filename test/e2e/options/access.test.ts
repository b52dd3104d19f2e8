import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { get, seen } from '../../support/http-clients.ts'
import { openBySni } from '../../support/load/echo.ts'
import { startTlsTarget } from '../../support/named-targets.ts'
import { putAll } from '../../support/option-routes.ts'
import { expectStatus, put, startRoutedFront } from '../../support/routed-front.ts'
import { listen, startTarget } from '../../support/targets.ts'

const PASSWORD = 'correct horse: "battery" %[src] \\1 $HOME'
const basic = (user: string, password: string) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` })

it('lets in who knows the password, and shows it to nobody', async () => {
  const front = await startRoutedFront()
  const { agent, admin, ports, hostOf, dataDir } = front
  const target = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${target.port}`
  const users = [
    { user: 'anna', password: PASSWORD },
    { user: 'ben!', password: 'another long one' },
  ]
  const options = { basicAuth: { users, realm: 'Staging (1)' }, requestHeaders: { 'X-Also': 'there' } }
  await putAll(front, [
    { subdomain: 'inside', targetUrl, options },
    { subdomain: 'other', targetUrl, options: { basicAuth: { users: [{ user: 'anna', password: 'not the same' }] } } },
  ])
  const host = hostOf('inside')
  const refused: [who: string, headers: Record<string, string>][] = [
    ['nobody', {}],
    ['an empty name', basic('', '')],
    ['a wrong password', basic('anna', `${PASSWORD}x`)],
    ["another one's password", basic('ben!', PASSWORD)],
    ["the other route's password", basic('anna', 'not the same')],
    ['no base64', { authorization: 'Basic anna' }],
    ['a token', { authorization: 'Bearer x' }],
    ['no scheme', { authorization: btoa(`anna:${PASSWORD}`) }],
    ['a name of their own', { 'x-forwarded-user': 'anna' }],
    ['what is no Basic', { authorization: basic('anna', PASSWORD).authorization.replace('Basic', 'Bearer') }],
  ]
  for (const [who, headers] of refused) {
    const answer = await get(ports.http, { host, headers })
    expect
      .soft([answer.status, answer.headers['www-authenticate']], who)
      .toEqual([401, 'Basic realm="Staging (1)", charset="UTF-8"'])
  }
  const asAnna = [basic('anna', 'a guess').authorization, basic('ben!', 'another long one').authorization]
  for (const authorization of [asAnna, asAnna.toReversed(), [asAnna[1], asAnna[1]]]) {
    const { status, headers } = await get(ports.http, { host, headers: { authorization } as never })
    expect.soft([status, headers['www-authenticate']], `twice: ${authorization}`).toEqual([401, expect.anything()])
  }
  expect(target.requests()).toBe(0)
  for (const { user, password } of users) {
    const { headers } = await seen(ports.http, { host, headers: { ...basic(user, password), 'x-forwarded-user': 'x' } })
    expect(headers).toMatchObject({ 'x-forwarded-user': user, 'x-also': 'there' })
    expect(headers.authorization).toBeUndefined()
  }

  const body = { subdomain: 'inside', targetUrl, options }
  const again = await agent.post('/api/proxy/http', body)
  expect(again.body).toMatchObject({ applied: { via: 'none' }, route: { revision: 1 } })
  const shown = JSON.stringify([again.body, (await admin.get('/api/audit')).body])
  const configuration = readFileSync(join(dataDir, 'haproxy', 'haproxy.cfg'), 'utf8')
  expect(configuration).not.toContain((await front.haproxy.map('front.map')).get('passwords') ?? '')
  for (const place of [shown, configuration, front.front().output()]) {
    expect(place).not.toContain('battery')
    expect(place).not.toContain(btoa(`anna:${PASSWORD}`))
  }
  expect((again.body.route as { options: unknown }).options).toMatchObject({
    basicAuth: { users: [{ user: 'anna' }, { user: 'ben!' }], realm: 'Staging (1)' },
  })

  const changed = [{ user: 'anna', password: 'a new password' }]
  await put(agent, 'inside', targetUrl, { basicAuth: { users: changed } })
  expect((await get(ports.http, { host, headers: basic('anna', PASSWORD) })).status).toBe(401)
  expect((await get(ports.http, { host, headers: basic('anna', 'a new password') })).status).toBe(200)
})

it('takes so many requests in a time, and goes on counting over a reload', async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const target = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${target.port}`
  await putAll(front, [
    { subdomain: 'few', targetUrl, options: { rateLimit: { requests: 5, seconds: 600 } } },
    { subdomain: 'all', targetUrl, options: { rateLimit: { requests: 7, seconds: 600, by: 'route' } } },
    { subdomain: 'soon', targetUrl, options: { rateLimit: { requests: 2, seconds: 1 } } },
    { subdomain: 'free', targetUrl },
  ])
  const statuses = async (subdomain: string, count: number) => {
    const found: number[] = []
    for (let i = 0; i < count; i++) found.push((await get(ports.http, { host: hostOf(subdomain) })).status)
    return found
  }
  expect(await statuses('few', 8)).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
  expect(await statuses('all', 9)).toEqual([...Array(7).fill(200), 429, 429])
  expect(await statuses('free', 20)).toEqual(Array(20).fill(200))
  expect(target.requests()).toBe(32)
  const { headers } = await get(ports.http, { host: hostOf('few') })
  expect(headers).toMatchObject({ 'retry-after': '600', 'cache-control': 'no-store' })

  // A worker hands its tables on only once it has stopped waiting for another's: ten seconds after HAProxy's first start.
  const isWaiting = async () => /resync_timeout=\d/.test(await front.haproxy.command('show peers'))
  await expect.poll(isWaiting, { timeout: 60_000 }).toBe(false)
  const reloads = await front.reloads()
  await put(agent, 'free', targetUrl, { hostHeader: 'x.test' })
  expect(await front.reloads()).toBeGreaterThan(reloads)
  const backend = (await front.haproxy.map('hosts.map')).get(hostOf('few'))?.split('|')[4]
  const table = () => front.haproxy.command(`show table ${backend}`)
  await expect.poll(table, { timeout: 30_000 }).toContain('gpc0_rate(600000)=5')
  expect(await statuses('few', 2)).toEqual([429, 429])

  expect(await statuses('soon', 2)).toEqual([200, 200])
  await expect.poll(async () => (await statuses('soon', 1))[0], { timeout: 20_000 }).toBe(200)
})

it('shows a page of maintenance at once, and takes it away at once, without a reload', async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const target = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${target.port}`
  const users = [{ user: 'anna', password: PASSWORD }]
  await putAll(front, [
    { subdomain: 'lane', targetUrl, options: { check: false } },
    { subdomain: 'inside', targetUrl, options: { basicAuth: { users } } },
  ])
  const reloads = await front.reloads()
  const message = `Back <b>soon</b> & "well" 'é€😀' 100% %[src] a;b|c ${'ü'.repeat(150)}`
  const inHtml = message.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
  for (const [subdomain, options, status] of [
    ['lane', { check: false }, 200],
    ['inside', { basicAuth: { users } }, 401],
  ] as const) {
    const ask = () => get(ports.http, { host: hostOf(subdomain) })
    await put(agent, subdomain, targetUrl, { ...options, maintenance: true })
    expect(await ask()).toMatchObject({ status: 503, headers: { 'retry-after': '300' } })
    expect((await ask()).body).toContain('It was taken off the net for a while')
    await put(agent, subdomain, targetUrl, { ...options, maintenance: { message, retryAfterSeconds: 77 } })
    const page = await ask()
    expect(page).toMatchObject({ status: 503, headers: { 'retry-after': '77' } })
    expect(page.body).toContain(`<p>${inHtml} (503)</p>`)
    await put(agent, subdomain, targetUrl, options)
    expect((await ask()).status).toBe(status)
  }
  expect(await front.reloads()).toBe(reloads)
})

it('runs no more requests of a route at a time than it may', async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const target = await startTarget('app')
  const open: (() => void)[] = []
  const slow = await listen(createServer((_, response) => void open.push(() => response.end('done'))))
  const targetUrl = `http://127.0.0.1:${slow}`
  await putAll(front, [
    { subdomain: 'capped', targetUrl, options: { maxConcurrent: 2, check: false } },
    { subdomain: 'other', targetUrl: `http://127.0.0.1:${target.port}`, options: { check: false } },
  ])
  const reloads = await front.reloads()
  const ask = () => get(ports.http, { host: hostOf('capped') })
  const running = [ask(), ask()]
  await expect.poll(() => open.length, { timeout: 20_000 }).toBe(2)
  expect(await ask()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
  expect((await get(ports.http, { host: hostOf('other') })).status).toBe(200)

  expectStatus(
    await agent.post('/api/proxy/http', {
      subdomain: 'capped',
      targetUrl,
      options: { maxConcurrent: 3, check: false },
    }),
    [200],
  )
  running.push(ask())
  await expect.poll(() => open.length, { timeout: 20_000 }).toBe(3)
  expect((await ask()).status).toBe(503)
  for (const answer of open) answer()
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200])
  expect(await front.reloads()).toBe(reloads)
})

it('holds no more connections to a database at a time than it may, and changes that at once', async () => {
  const { agent, ports, databaseOf, reloads } = await startRoutedFront()
  const database = await startTlsTarget('database')
  const cap = async (maxConcurrent: number) =>
    expectStatus(
      await agent.post('/api/proxy/mongodb', {
        targetHost: '127.0.0.1',
        targetPort: database.port,
        options: { maxConcurrent, check: false },
      }),
      [200, 201],
    )
  await cap(1)
  const before = await reloads()
  const open = () => openBySni(ports.mongo, databaseOf('vps-1'))
  const first = await open()
  expect(await first.say('hello')).toBe('database')
  await expect(open()).rejects.toThrow()
  await cap(2)
  const second = await open()
  expect(await second.say('hello')).toBe('database')
  await expect(open()).rejects.toThrow()
  expect(await first.say('again')).toBe('database')
  first.close()
  second.close()
  expect(await reloads()).toBe(before)
})
