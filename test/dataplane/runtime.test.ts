import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../support/ports.ts'
import { startDataPlane, type TestDataPlane, upload } from './support.ts'

const mapped = (port: number) => `frontend web
  bind 127.0.0.1:${port}
  mode http
  option idle-close-on-response
  http-request set-var(txn.found) hdr(host),map(maps/hosts.map)
  http-request return status 200 content-type text/plain lf-string %[var(txn.found)] if { var(txn.found) -m found }
  http-request return status 404
`

async function withMap(content = 'first.test one\n') {
  const plane = await startDataPlane()
  await plane.call('POST', '/storage/maps', upload('hosts.map', content))
  const port = await freePort()
  await plane.load(mapped(port))
  return { plane, port }
}

const entries = async ({ call }: TestDataPlane): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await call('GET', '/runtime/maps/hosts/entries')).json.map(({ key, value }: Entry) => [key, value]),
  )
interface Entry {
  key: string
  value: string
}

it('what is deleted and changed reaches clients of the worker from before a reload', async () => {
  const { plane, port } = await withMap()
  const client = connect(port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  expect(await ask(client, 'first.test')).toMatch(/^HTTP\/1.1 200/)
  await plane.load('backend another\n  mode http\n')
  await plane.call('PUT', '/runtime/maps/hosts/entries/first.test', { value: 'two' })
  await plane.call('POST', '/runtime/maps/hosts/entries', { key: 'second.test', value: 'new' })
  await plane.call('DELETE', '/runtime/maps/hosts/entries/first.test')
  // The old worker answers this connection once more.
  expect(await ask(client, 'first.test')).toMatch(/^HTTP\/1.1 404/)
})

it('a whole map is replaced in one moment, in old workers too, also when the last entry makes it large', async () => {
  const { plane, port } = await withMap()
  const client = connect(port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  await ask(client, 'first.test')
  await plane.load('backend another\n  mode http\n')
  const all = Array.from({ length: 9 }, (_, i) => ({ key: `k${i}.test`, value: 'x'.repeat(1000) }))
  expect((await plane.call('PUT', '/runtime/maps/hosts', all)).status).toBe(201)
  expect(Object.keys(await entries(plane))).toEqual(all.map(({ key }) => key))
  expect(await ask(client, 'k8.test')).toMatch(/^HTTP\/1.1 200/)
})

it('no entry that was accepted while a reload ran is missing afterwards', async () => {
  const { plane } = await withMap()
  const writes: Promise<{ status: number }>[] = []
  const reload = plane.load('backend another\n  mode http\n')
  const finished = { yes: false }
  void reload.then(() => (finished.yes = true))
  // The front brings the file up to date before a reload; what is written during it must be in the new worker.
  await vi.waitFor(async () => expect((await plane.call('GET', '/configuration/version')).json).toBe(3))
  for (let i = 0; !finished.yes || i < 50; i++) {
    const write = plane.call('POST', '/runtime/maps/hosts/entries', { key: `k${i}.test`, value: 'v' })
    writes.push(write)
    await write
  }
  const accepted = (await Promise.all(writes)).filter(({ status }) => status === 201).length
  await reload
  expect(accepted).toBe(writes.length)
  expect(Object.keys(await entries(plane))).toEqual(
    expect.arrayContaining(writes.slice(-40).map((_, i) => `k${writes.length - 40 + i}.test`)),
  )
})

it('values are read back whole, and a key is not taken for its prefix', async () => {
  const { plane } = await withMap()
  const odd = { 'a,b.test': 'x,y=z|"q"', 'zürich.test': '#ü', "it's.test/päth": "a'b" }
  for (const [key, value] of Object.entries(odd)) {
    expect((await plane.call('POST', '/runtime/maps/hosts/entries', { key, value })).status).toBe(201)
    const found = await plane.call('GET', `/runtime/maps/hosts/entries/${encodeURIComponent(key)}`)
    expect(found.json).toEqual({ key, value })
  }
  expect((await plane.call('GET', '/runtime/maps/hosts?force_sync=true')).status).toBe(200)
  expect(await entries(plane)).toEqual({ 'first.test': 'one', ...odd })
})

it('an entry that is there already stays as it was', async () => {
  const { plane } = await withMap()
  expect((await plane.call('POST', '/runtime/maps/hosts/entries', { key: 'first.test', value: 'two' })).status).toBe(
    409,
  )
  expect((await plane.call('GET', '/runtime/maps/hosts/entries')).json).toEqual([
    { id: expect.any(String), key: 'first.test', value: 'one' },
  ])
})

it('whatever a key and a value hold, nothing else changes', async () => {
  const { plane } = await withMap()
  const steering = fc.string({
    unit: fc.oneof(
      fc.constantFrom(';', '\n', '\\', ' ', '\t', '<', '"', "'", '#', '@', '\0', '\u2028', 'a'),
      fc.string({ unit: 'grapheme' }),
    ),
    maxLength: 12,
  })
  const word = fc.oneof(
    steering,
    fc.constantFrom('<<', 'x<<', '<<x', 'x\nclear map maps/hosts.map', 'v;clear map maps/hosts.map', '#1', '@1'),
  )
  // No URL can name a dot segment, so such an entry could not be deleted afterwards.
  const name = word.filter((text) => text !== '.' && text !== '..')
  await fc.assert(
    fc.asyncProperty(name, word, async (key, value) => {
      const added = await plane.call('POST', '/runtime/maps/hosts/entries', { key, value })
      const bulk = await plane.call('PUT', '/runtime/maps/hosts', [{ key: `${key}.b`, value }])
      const expected: Record<string, string> = { 'first.test': 'one' }
      if (added.status === 201) expected[key] = value
      // Spaces before a value are padding in a list.
      if (bulk.status === 201) expected[`${key}.b`] = value.replace(/^ +/, '')
      expect([400, 201]).toContain(added.status)
      expect(await entries(plane)).toEqual(expected)
      for (const each of Object.keys(expected).filter((each) => each !== 'first.test'))
        await plane.call('DELETE', `/runtime/maps/hosts/entries/${encodeURIComponent(each)}`)
    }),
    { numRuns: 200 },
  )
})

it('whatever a name, an address or a filter holds, no command comes of it', async () => {
  const { plane } = await withMap()
  await plane.load('backend pool\n  mode http\n  server one 127.0.0.1:9\n')
  const evil = fc.constantFrom(
    'x;shutdown sessions server pool/one',
    'x\ndel server pool/one',
    'one state maint',
    '<<',
    '../x',
    "' x",
    '%0a',
  )
  const state = async () => (await plane.call('GET', '/runtime/backends/pool/servers')).json
  const before = await state()
  await fc.assert(
    fc.asyncProperty(evil, async (text) => {
      const name = encodeURIComponent(text)
      const replies = await Promise.all([
        plane.call('GET', `/runtime/backends/${name}/servers`),
        plane.call('PUT', `/runtime/backends/pool/servers/${name}`, { admin_state: 'maint' }),
        plane.call('PUT', '/runtime/backends/pool/servers/one', { address: text }),
        plane.call('PUT', '/runtime/backends/pool/servers/one', { admin_state: text }),
        plane.call('POST', '/runtime/backends/pool/servers', { name: text, address: '127.0.0.1' }),
        plane.call('POST', '/runtime/backends/pool/servers', { name: 'n', address: text }),
        plane.call('POST', '/runtime/backends/pool/servers', { name: 'n', address: '127.0.0.1', sni: text }),
        plane.call('GET', `/runtime/maps/${name}/entries`),
        plane.call('GET', `/runtime/stick_tables/${name}/entries`),
        plane.call('GET', `/runtime/stick_tables/x/entries?key=${name}`),
        plane.call('GET', `/runtime/ssl_crt_lists/entries?name=${name}`),
        plane.call('DELETE', '/runtime/sessions', [{ address: text, port: 9 }]),
        plane.call('DELETE', '/runtime/sessions?table=t', [{ address: '127.0.0.1', port: 9, host: text }]),
        plane.call('DELETE', `/runtime/sessions?table=${name}`, [{ address: '127.0.0.1', port: 9, host: 'a' }]),
        plane.call('GET', `/storage/maps/${name}`),
      ])
      expect(replies.map(({ status }) => status).filter((status) => status < 400 || status >= 500)).toEqual([])
      expect(await state()).toMatchObject(
        before.map(({ name, address, port, admin_state }: Record<string, unknown>) => ({
          name,
          address,
          port,
          admin_state,
        })),
      )
    }),
    { numRuns: 14 },
  )
})

it('a weight, an address and maintenance reach file and worker without a reload', async () => {
  const { plane } = await withMap()
  await plane.load('backend pool\n  mode http\n  server one 127.0.0.1:9 weight 1\n')
  const server = { name: 'one', address: '127.0.0.2', port: 10, weight: 7, maintenance: 'enabled' }
  const changed = await plane.call('PUT', '/configuration/backends/pool/servers/one?version=3', server)
  expect([changed.status, changed.headers.has('reload-id')]).toEqual([200, false])
  expect((await plane.call('GET', '/runtime/backends/pool/servers/one')).json).toMatchObject({
    ...{ address: '127.0.0.2', port: 10, weight: 7, admin_state: 'maint' },
  })
  expect((await plane.call('GET', '/configuration/raw')).text).toContain('server one 127.0.0.2:10 disabled weight 7')
  const { stats } = (await plane.call('GET', '/stats/native?type=server&parent=pool&columns=weight,status')).json
  expect(stats[0].stats).toEqual({ weight: 7, status: 'MAINT' })
})

it('live connections to a server are ended, of the worker from before a reload too, and no others', async () => {
  const [revoked, kept] = [await echo(), await echo()]
  const { plane } = await withMap()
  const [a, b] = [await freePort(), await freePort()]
  await plane.load(`listen revoked
  mode tcp
  bind 127.0.0.1:${a}
  tcp-request content set-dst-port int(${revoked})
  server any 0.0.0.0:0
listen kept
  mode tcp
  bind 127.0.0.1:${b}
  server one 127.0.0.1:${kept}
`)
  const old = await opened(a)
  await plane.load('backend another\n  mode http\n')
  const [current, other] = [await opened(a), await opened(b)]
  const closed = [once(old, 'close'), once(current, 'close')]
  const reply = await plane.call('DELETE', '/runtime/sessions', [{ address: '127.0.0.1', port: revoked }])
  expect(reply.json).toEqual({ closed: 2 })
  await Promise.all(closed)
  expect(await said(other, 'still here')).toBe('still here')
})

it('of live connections to a server, those of one host are ended, of the worker from before a reload too', async () => {
  const [shared, another] = [await echo(), await echo()]
  const { plane } = await withMap()
  const [a, b, c] = [await freePort(), await freePort(), await freePort()]
  const marked = (host: string, port: number, target: number) => `listen ${host}.${port}
  mode tcp
  bind 127.0.0.1:${port}
  unique-id-format %rt
  tcp-request content set-var-fmt(sess.mark) ${host}|%[unique-id]
  tcp-request content track-sc1 var(sess.mark) table marks
  server one 127.0.0.1:${target}
`
  const table = 'backend marks\n  stick-table type string len 280 size 100 expire 10s store conn_cur\n'
  await plane.load(table + marked('a.test', a, shared) + marked('b.test', b, shared) + marked('a.test', c, another))
  const old = await Promise.all([opened(a), opened(b), opened(c)])
  await plane.load('backend another\n  mode http\n')
  const current = await Promise.all([opened(a), opened(b), opened(c)])
  const items = [
    { address: '127.0.0.1', port: shared, host: 'a.test' },
    { address: '127.0.0.1', port: another, host: 'b.test' },
  ]
  const end = (query: string) => plane.call('DELETE', `/runtime/sessions${query}`, items)
  expect((await end('')).status).toBe(400)
  expect((await end('?table=nothing')).json).toEqual({ closed: 0 })
  const closed = [old, current].map(([first]) => first && once(first, 'close'))
  expect((await end('?table=marks')).json).toEqual({ closed: 2 })
  await Promise.all(closed)
  for (const left of [...old.slice(1), ...current.slice(1)]) expect(await said(left, 'still here')).toBe('still here')
})

async function ask(client: Socket, host: string): Promise<string> {
  return said(client, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
}

async function said(client: Socket, text: string): Promise<string> {
  client.write(text)
  const [chunk] = await once(client, 'data')
  return String(chunk)
}

async function echo(): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function opened(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1').on('error', () => undefined)
  onTestFinished(() => void client.destroy())
  expect(await said(client, 'hello')).toBe('hello')
  return client
}
