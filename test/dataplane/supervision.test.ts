import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { isAlive } from '../../haproxy/dataplane/process/alive.ts'
import { newFolder } from '../support/folder.ts'
import { freePort } from '../support/ports.ts'
import { HAPROXY, newDataPlane, startDataPlane, type TestDataPlane, upload } from './support.ts'

const answering = (port: number, text: string) => `frontend web
  bind 127.0.0.1:${port}
  mode http
  http-request return status 200 content-type text/plain string ${text}
`
const get = async (port: number) =>
  (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000, interval: 20 })
const worker = async ({ call }: TestDataPlane): Promise<number> => (await call('GET', '/runtime/info')).json.info.pid

it('a worker that crashes is back, after what it reads was brought up to date', async () => {
  const starts = { count: 0 }
  const folder = newFolder()
  const plane = await startDataPlane({
    folder,
    beforeStart: async () => {
      starts.count++
      writeFileSync(join(folder, 'maps', 'hosts.map'), `from-start ${starts.count}\n`)
    },
  })
  const port = await freePort()
  await plane.load(answering(port, '%[str(from-start),map(maps/hosts.map)]').replace(' string ', ' lf-string '))
  expect(await get(port)).toBe('1')
  process.kill(await worker(plane), 'SIGKILL')
  await eventually(() => expect(plane.server.restarts).toBe(1))
  expect(await get(port)).toBe('2')
})

it('a master that crashes is started again with the same configuration', async () => {
  const plane = await startDataPlane()
  const port = await freePort()
  await plane.load(answering(port, 'here'))
  const before = plane.server.pid ?? 0
  process.kill(before, 'SIGKILL')
  await eventually(() => expect(plane.server.restarts).toBe(1))
  expect(plane.server.pid).not.toBe(before)
  expect(await get(port)).toBe('here')
  expect((await plane.call('GET', '/v3/health')).json).toEqual({ haproxy: 'up' })
})

it('a master that is killed while it reloads is started again, though what it reads is written in turn with the reload', async () => {
  let plane: TestDataPlane | undefined
  const beforeStart = async () => void (await plane?.call('PUT', '/storage/maps/hosts.map?skip_reload=true', 'a b\n'))
  plane = await startDataPlane({ beforeStart })
  await plane.call('POST', '/storage/maps', upload('hosts.map', 'a b\n'))
  const [port, configuration] = [await freePort(), plane.path('haproxy.cfg')]
  const loading = plane.load(answering(port, 'here')).catch(() => undefined)
  await eventually(() => expect(readFileSync(configuration, 'utf8')).toContain(String(port)))
  process.kill(plane.server.pid ?? 0, 'SIGKILL')
  await eventually(() => expect(plane?.server.restarts).toBe(1))
  await loading
  expect(await get(port)).toBe('here')
})

it('a configuration with which it does not start gives way to the last good one', async () => {
  const plane = await startDataPlane()
  const port = await freePort()
  await plane.load(answering(port, 'good'))
  const { taken, port: foreign } = await occupiedPort()
  const { text } = await plane.call('GET', '/configuration/raw')
  const path = '/configuration/raw?version=2&skip_reload=true'
  expect((await plane.call('POST', path, text + answering(foreign, 'bad').replace(' web', ' other'))).status).toBe(201)
  process.kill(plane.server.pid ?? 0, 'SIGKILL')
  await eventually(() => expect(plane.server.restarts).toBe(1))
  expect(await get(port)).toBe('good')
  expect((await plane.call('GET', '/configuration/raw')).text).not.toContain('frontend other')
  taken.close()
})

it('a reload that fails keeps the old worker, the last good configuration, and the next one works', async () => {
  const plane = await startDataPlane()
  const port = await freePort()
  await plane.load(answering(port, 'good'))
  const before = await worker(plane)
  const { port: foreign } = await occupiedPort()
  const { text } = await plane.call('GET', '/configuration/raw')
  const bad = text + answering(foreign, 'bad').replace(' web', ' other')
  const refused = await plane.call('POST', '/configuration/raw?version=2&force_reload=true', bad)
  expect([refused.status, refused.json.message]).toEqual([400, expect.stringMatching(/^Reload failed: .*cannot bind/s)])
  expect([await worker(plane), await get(port)]).toEqual([before, 'good'])
  const after = await plane.call('GET', '/configuration/raw')
  expect(after.text).not.toContain('frontend other')
  expect(readFileSync(plane.path('haproxy.cfg'), 'utf8')).toBe(after.text)
  await plane.load(answering(await freePort(), 'more').replace(' web', ' more'))
  expect(await worker(plane)).not.toBe(before)
})

it('only one data plane has a folder', async () => {
  const plane = await startDataPlane()
  await expect(newDataPlane({ folder: plane.folder })).rejects.toThrow(/is in use by another data plane: stop that one/)
})

it('says why it does not start: no such program', async () => {
  const plane = await newDataPlane({ haproxy: '/nowhere/haproxy' })
  await expect(plane.server.start()).rejects.toThrow(/HAProxy does not start: .*not found/s)
})

it('files and sockets are for their owner alone', async () => {
  const { server, path } = await startDataPlane()
  const mode = (file: string) => (statSync(file).mode & 0o777).toString(8)
  const { masterSocket, statsSocket, pid, log, configuration } = server.paths
  expect([path(), path('maps'), path('ssl')].map(mode)).toEqual(['700', '700', '700'])
  expect([masterSocket, statsSocket, log, configuration].map(mode)).toEqual(['600', '600', '600', '600'])
  expect(mode(pid)).toMatch(/^6[04][04]$/)
})

it('adopts the HAProxy of one that was killed, and loads what it had written and not loaded', async () => {
  const folder = newFolder()
  const first = await runMain(folder)
  const port = await freePort()
  const { text } = await first.raw('GET')
  await first.raw('POST', '?version=1&force_reload=true', text + answering(port, 'one'))
  const now = await first.raw('GET')
  await first.raw('POST', '?version=2&skip_reload=true', now.text.replace('string one', 'string two'))
  const open = await first.call('POST', '/transactions?version=3')
  first.child.kill('SIGKILL')
  await first.gone
  expect([isAlive(first.haproxy), await get(port)]).toEqual([true, 'one'])

  const second = await newDataPlane({ folder })
  expect(await second.server.start()).toEqual({ adopted: true })
  expect(second.server.pid).toBe(first.haproxy)
  expect(await get(port)).toBe('two')
  expect((await second.call('GET', `/transactions/${JSON.parse(open.text).id}`)).status).toBe(404)
  await second.server.stop({ keepHaproxy: false })
  expect(isAlive(first.haproxy)).toBe(false)
})

it('killed while it writes, it keeps all that it had answered for', async () => {
  const folder = newFolder()
  for (let round = 0; round < 3; round++) {
    const running = await runMain(folder)
    let answered = Number((await running.raw('GET')).headers.get('configuration-version'))
    const { text } = await running.raw('GET')
    const writing = (async () => {
      for (;;) {
        const body = `${text.replace(/\n# round.*/g, '')}\n# round ${answered + 1}\n`
        const { headers } = await running.raw('POST', `?version=${answered}&skip_reload=true`, body)
        answered = Number(headers.get('configuration-version'))
        if (answered % 5 === 3 + (round % 2)) running.child.kill('SIGKILL')
      }
    })()
    await writing.catch(() => undefined)
    await running.gone
    const kept = Number(/_version=(\d+)/.exec(readFileSync(join(folder, 'haproxy.cfg'), 'utf8'))?.[1])
    expect([answered, answered + 1]).toContain(kept)
  }
  const last = await newDataPlane({ folder })
  await last.server.start()
})

async function occupiedPort() {
  const port = await freePort()
  const taken = createServer().listen(port, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => void taken.close())
  return { taken, port }
}

/** The data plane as a process of its own. */
async function runMain(folder: string) {
  const port = await freePort()
  const password = 'only-for-this-test'
  const env = { DATA_DIR: folder, DATAPLANE_PORT: String(port), DATAPLANE_PASSWORD: password, HAPROXY }
  const child = spawn('node', ['haproxy/dataplane/main.ts'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await gone
  })
  const [line] = await once(child.stdout, 'data')
  const headers = { authorization: `Basic ${btoa(`admin:${password}`)}` }
  const call = async (method: string, path: string, body?: string) => {
    const type = body === undefined ? {} : { 'content-type': 'text/plain' }
    const url = `http://127.0.0.1:${port}/v3/services/haproxy${path}`
    const response = await fetch(url, { method, headers: { ...headers, ...type }, ...(body !== undefined && { body }) })
    return { headers: response.headers, status: response.status, text: await response.text() }
  }
  const raw = (method: string, query = '', body?: string) => call(method, `/configuration/raw${query}`, body)
  return { child, gone, call, raw, haproxy: Number(JSON.parse(String(line)).haproxy) }
}
