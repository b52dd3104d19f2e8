import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { expect, it } from 'vitest'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { exchange, get, getH2 } from '../support/http-clients.ts'
import { listen, startTarget } from '../support/targets.ts'

const HOST = 'a.apps.test'

async function logged(haproxy: Haproxy): Promise<Record<string, unknown>[]> {
  const lines = (await haproxy.command('show events front_access')).split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line))
}

it('has a JSON line of every request, whatever is in it', async () => {
  const target = await startTarget('own')
  const haproxy = await startHaproxy({
    maps: { hosts: { [HOST]: `http|127.0.0.1|${target.port}|||vps-1.0f|`, 'off.apps.test': 'off|||||vps-1.1f|' } },
    values: { API_ADDRESS: `127.0.0.1:${target.port}` },
  })
  const { ca } = haproxy.certificates
  await get(haproxy.httpPort, { host: 'A.apps.test:80', path: '/x/y?password=z', method: 'POST' })
  await getH2(haproxy.httpsPort, { host: HOST, path: '/h2?secret', ca })
  await get(haproxy.httpPort, { host: 'front.test' })
  await get(haproxy.httpPort, { host: 'nobody.apps.test' })
  await get(haproxy.httpPort, { host: 'off.apps.test' })
  for (const path of ['/"quote', "/'", '/back\\slash', '/%22', '/{"a":1}', '/]', `/${'"'.repeat(3_000)}`]) {
    await exchange(haproxy.httpPort, `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`)
  }
  await exchange(haproxy.httpPort, `GET / HTTP/1.1\r\nHost: "quote\\\r\nConnection: close\r\n\r\n`)
  await exchange(haproxy.httpPort, `GE"T / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`)
  await exchange(haproxy.httpPort, `GET / HTTP/1.1\r\nHost: ${'"'.repeat(3_000)}\r\nConnection: close\r\n\r\n`)

  const lines = await logged(haproxy)
  const common = {
    kind: 'http',
    client: '127.0.0.1',
    host: HOST,
    lane: 'http',
    backend: 'front_lane',
    route: 'vps-1.0f',
    status: 200,
  }
  expect(lines[0]).toEqual({
    ...common,
    n: expect.stringMatching(/^\d+$/),
    t: expect.closeTo(Date.now() / 1_000, -2),
    tls: 0,
    proto: 1,
    method: 'POST',
    path: '/x/y',
    ms: expect.any(Number),
    bytes: expect.any(Number),
    end: '--',
  })
  expect(lines[1]).toMatchObject({ ...common, tls: 1, proto: 2, method: 'GET', path: '/h2' })
  expect(lines[2]).toMatchObject({ host: 'front.test', status: 200, backend: 'front_api', route: 'front_api' })
  expect(lines[3]).toMatchObject({ host: 'nobody.apps.test', status: 404, lane: '-', route: '-' })
  expect(lines[4]).toMatchObject({ host: 'off.apps.test', status: 503, lane: 'off', route: 'vps-1.1f' })
  expect(lines.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['/"quote', "/'", '/back\\slash', '/%22', '/{"a":1}', '/]']),
  )
  expect(lines).toHaveLength(15)
})

it('has a JSON line of every connection to a database', async () => {
  const database = await listen(createServer((socket) => socket.end('bye')))
  const haproxy = await startHaproxy({ maps: { sni: { 'x.mongodb.test': `term|127.0.0.1|${database}|||vps-1.2f|` } } })
  const { ca } = haproxy.certificates
  const socket = connect({ port: haproxy.mongoPort, host: '127.0.0.1', servername: 'x.mongodb.test', ca })
  socket.resume()
  await once(socket, 'close')
  await exchange(haproxy.mongoPort, 'no TLS at all')
  let lines = await logged(haproxy)
  while (lines.length < 2) lines = await logged(haproxy)
  expect(lines).toContainEqual(
    expect.objectContaining({
      kind: 'mongodb',
      client: '127.0.0.1',
      host: 'x.mongodb.test',
      lane: 'term',
      route: 'vps-1.2f',
    }),
  )
  const numbers = lines.map(({ n }) => n)
  expect(numbers).toEqual(numbers.map(() => expect.stringMatching(/^\d+$/)))
  expect(new Set(numbers)).toHaveLength(numbers.length)
  expect(lines).toContainEqual(expect.objectContaining({ kind: 'mongodb', host: '-', lane: '-', route: '-' }))
})
