// Servers come from a database: srv3 is inserted, and traffic reaches it without a reload.
//
//   node examples/database/main.ts
//
// It starts a front of its own in a folder that is gone afterwards, and three servers that speak HTTP/2.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { readConfig } from '../../functions/node/environment.ts'
import { startFront } from '../../functions/node/start.ts'
import { createLog } from '../../shared/log/log.ts'
import { table } from './table-provider.ts'

const ADMIN_TOKEN = 'the-admin-token-of-this-example'
const HOST = 'api.example.com'
const INTERVAL_MS = 200

const folder = mkdtempSync(join(tmpdir(), 'database-'))
const path = join(folder, 'servers.db')
const database = new DatabaseSync(path)
database.exec(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'))
database.prepare('INSERT INTO backends (name, host) VALUES (?, ?)').run('api-backend', HOST)
const insert = database.prepare('INSERT INTO servers (backend, name, ip, port, protocol) VALUES (?, ?, ?, ?, ?)')
const addServer = (name: string, port: number) => insert.run('api-backend', name, '127.0.0.1', port, 'h2c')

const servers = await Promise.all(['srv1', 'srv2', 'srv3'].map(startServer))
const [srv1, srv2, srv3] = servers.map(({ port }) => port)
addServer('srv1', srv1 ?? 0)
addServer('srv2', srv2 ?? 0)

const config = readConfig({
  ...process.env,
  ADMIN_TOKEN,
  DATA_DIR: join(folder, 'data'),
  GATEWAY_YAML: JSON.stringify({ providers: { database: { kind: 'table', path, intervalMs: INTERVAL_MS } } }),
})
const log = createLog({ level: 'warn', write: (line) => process.stderr.write(line) })
const front = await startFront(config, log, { table })
try {
  await untilServedBy(['srv1', 'srv2'])
  // A backend that is new settles with one reload; from then on its servers come and go without.
  await untilSettled()
  const reloads = await reloadCount()
  const insertedAtMs = performance.now()
  addServer('srv3', srv3 ?? 0)
  await untilServedBy(['srv3'])
  const ms = Math.round(performance.now() - insertedAtMs)
  await untilServedBy(['srv1', 'srv2', 'srv3'])
  const more = (await reloadCount()) - reloads
  process.stdout.write(
    `srv3 was served ${ms} ms after its record was there, polled every ${INTERVAL_MS} ms, with ${more} reloads\n`,
  )
} finally {
  await front.stop()
  for (const { close } of servers) close()
  database.close()
  rmSync(folder, { recursive: true })
}

/** HTTP/2 without TLS; it answers with its name. */
async function startServer(name: string) {
  const server = createServer((_, answer) => answer.end(name))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

async function askOnce(): Promise<string> {
  const sent = request({ host: '127.0.0.1', port: config.HTTP_PORT, headers: { host: HOST }, agent: false }).end()
  const [response] = await once(sent, 'response')
  return response.statusCode === 200 ? text(response) : ''
}

async function untilServedBy(names: string[]): Promise<void> {
  for (const missing = new Set(names); missing.size > 0; await pause(1)) missing.delete(await askOnce())
}

async function untilSettled(): Promise<void> {
  for (;;) {
    const { backend } = (await callApi('/api/backends/api-backend')) as { backend: { status: string } }
    if (backend.status === 'settled') return
    await pause(50)
  }
}

async function reloadCount(): Promise<number> {
  const { nodes } = (await callApi('/api/nodes')) as { nodes: { reloads: number }[] }
  return nodes.reduce((sum, node) => sum + node.reloads, 0)
}

async function callApi(path: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${config.PORT}${path}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  return answer.json()
}
