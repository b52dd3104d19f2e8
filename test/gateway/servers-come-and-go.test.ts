import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { HttpRoute, Target } from '../../shared/domain/route-record.ts'
import { backendName } from '../../shared/gateway/backend/names.ts'
import { ask } from '../support/ask.ts'
import { openWebSocket } from '../support/load/echo.ts'
import { http1Load } from '../support/load/http1.ts'
import { type LocalGateway, openLocalGateway } from '../support/local-gateway.ts'
import { type NamedTarget, startNamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { startSwitchables } from '../support/switchable-target.ts'
import { httpRoute } from './routes.ts'

/** A start, or a reload, on a busy machine. */
const LONG_MS = 60_000

let local: LocalGateway
beforeAll(async () => {
  local = await openLocalGateway()
}, LONG_MS)
afterAll(() => local?.stop(), LONG_MS)

let hosts = 0
/** A backend of a provider whose servers come and go; its generation stays. */
function backend(also: Partial<HttpRoute> = {}) {
  hosts += 1
  const frame: Partial<HttpRoute> = { id: `vps-1.h${hosts}`, host: `h${hosts}.apps.test`, ...also }
  const route = (...targets: Target[]) => httpRoute({ ...frame, targets })
  const { id, host } = route()
  const name = backendName(route())
  const worker = async () =>
    (await local.dataPlane.runtimeServers(name)).map(({ name, admin_state }) => `${nameOnly(name)} ${admin_state}`)
  const file = async () => (await local.dataPlane.servers(name)).map((server) => nameOnly(server.name))
  return { id, host, name, route, worker, file }
}

const nameOnly = (name: string) => name.split(':')[0]
const to = ({ name, port }: Pick<NamedTarget, 'name' | 'port'>, also: Partial<Target> = {}): Target => ({
  name,
  host: '127.0.0.1',
  address: '127.0.0.1',
  port,
  tls: false,
  weight: 10,
  backup: false,
  ...also,
})
const settled = { waitMs: LONG_MS }
const soon = { timeout: 25_000, interval: 30 }

/** The names of the targets that answer. */
async function answering(host: string, count = 20): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => ask(local.httpPort, host)))
  return [...new Set(answers.map(({ body }) => body.split(' ')[0] ?? ''))].sort()
}

it(
  'adds, moves, weighs, drains and removes servers under load without a reload and without a failure',
  async () => {
    const [a, b, c] = (await startNamedTargets(3)) as [NamedTarget, NamedTarget, NamedTarget]
    const { host, route, worker, file } = backend()
    await local.apply([route(to(a), to(b))], settled)
    const { reloads } = await local.state()
    const load = http1Load(local.httpPort, [{ host, answers: () => [a.name, b.name, c.name] }], { connections: 'kept' })
    await load.more(20)

    const added = await local.apply([route(to(a), to(b), to(c))])
    expect(added).toMatchObject({
      status: 'settled',
      applied: { via: 'runtime', why: expect.stringContaining('servers') },
    })
    expect(await answering(host)).toEqual([a.name, b.name, c.name])
    await local.apply([route(to(a), to(b), to(c, { weight: 0 }))])
    expect(await answering(host)).toEqual([a.name, b.name])
    await local.apply([route(to(a), to(b, { state: 'maint' }), to(c, { state: 'drain' }))])
    expect(await answering(host)).toEqual([a.name])
    await local.apply([route(to(a), to(b), to(c))])
    expect(await answering(host)).toEqual([a.name, b.name, c.name])
    // The same name at another place is another server, and the one of before leaves.
    await local.apply([route(to(a), to({ name: b.name, port: c.port }))])
    expect(await answering(host)).toEqual([a.name, c.name])
    await load.more(20)
    await local.apply([route(to(c))])
    expect(await answering(host)).toEqual([c.name])
    await load.stop()

    expect(load.failures).toEqual([])
    await vi.waitFor(async () => expect(await worker()).toEqual([`${c.name} ready`]), soon)
    await vi.waitFor(async () => expect(await file()).toEqual([c.name]), soon)
    expect((await local.state()).reloads).toBe(reloads)
    expect((await local.state()).repairs).toBe(0)
  },
  LONG_MS,
)

it(
  'lets what a server has begun end by itself, and lets a server in again that comes back meanwhile',
  async () => {
    const [slow] = await startSwitchables('slow')
    const [talking, other] = (await startNamedTargets(2)) as [NamedTarget, NamedTarget]
    if (!slow) throw new Error('there is no target')
    slow.holds = true
    const { host, route, worker } = backend()
    const held = to({ name: slow.name, port: Number(new URL(slow.url).port) })
    await local.apply([route(held)], settled)
    const answer = ask(local.httpPort, host)
    await vi.waitFor(() => expect(slow.held).toHaveLength(1), soon)
    await local.apply([route(to(talking))])
    const conversation = await openWebSocket(local.httpPort, host)
    await local.apply([route(to(other))])
    expect(await answering(host)).toEqual([other.name])
    await vi.waitFor(
      async () =>
        expect((await worker()).sort()).toEqual(
          [`${slow.name} drain`, `${talking.name} drain`, `${other.name} ready`].sort(),
        ),
      soon,
    )

    slow.held[0]?.end(slow.name)
    expect(await answer).toMatchObject({ status: 200, body: slow.name })
    await vi.waitFor(async () => expect(await worker()).not.toContain(`${slow.name} drain`), soon)
    expect(await conversation.say('still')).toContain(talking.name)

    await local.apply([route(to(other), to(talking, { weight: 3 }))])
    expect(await answering(host)).toEqual([talking.name, other.name].sort())
    expect(await conversation.say('and after')).toContain(talking.name)
    await local.apply([route(to(other))])
    conversation.close()
    await conversation.ended
    await vi.waitFor(async () => expect(await worker()).toEqual([`${other.name} ready`]), soon)
  },
  LONG_MS,
)

it(
  'puts right what somebody does to servers by hand',
  async () => {
    const [a, b] = (await startNamedTargets(2)) as [NamedTarget, NamedTarget]
    const { host, name, route, worker, file } = backend()
    await local.apply([route(to(a), to(b))], settled)
    const { reloads } = await local.state()
    const [first, second] = (await local.dataPlane.runtimeServers(name)).map((server) => server.name) as [
      string,
      string,
    ]
    const put = async (change: () => Promise<unknown>) => {
      const { repairs } = await local.state()
      await change()
      await vi.waitFor(async () => {
        await local.gateway().reconcile()
        expect((await local.state()).repairs).toBeGreaterThan(repairs)
        expect((await worker()).sort()).toEqual([`${a.name} ready`, `${b.name} ready`])
      }, soon)
      expect(await answering(host)).toEqual([a.name, b.name])
    }
    await put(() => local.dataPlane.setRuntimeServer(name, first, { admin_state: 'maint' }))
    await put(() => local.dataPlane.setRuntimeServer(name, second, { weight: 0 }))
    await put(() => vi.waitFor(() => local.dataPlane.deleteRuntimeServer(name, second), soon))
    // A server that nobody asked for goes.
    await local.dataPlane.addRuntimeServer(name, { name: 'stranger', address: '127.0.0.1', port: a.port })
    await local.dataPlane.setRuntimeServer(name, 'stranger', { admin_state: 'ready' })
    await vi.waitFor(async () => expect((await worker()).sort()).toEqual([`${a.name} ready`, `${b.name} ready`]), soon)
    // What is wrong in the file alone is written without a reload, too.
    const { text, version } = await local.dataPlane.raw()
    const without = text
      .split('\n')
      .filter((line) => !line.includes(`server ${first}`))
      .join('\n')
    await local.dataPlane.pushRaw(without, { version, reload: 'never' })
    await vi.waitFor(async () => expect(await file()).toEqual([a.name, b.name]), soon)
    expect((await local.state()).reloads).toBe(reloads)
  },
  LONG_MS,
)

it(
  'goes on with what was left half done, also over a restart of the front and a reload',
  async () => {
    const [a, b, c] = (await startNamedTargets(3)) as [NamedTarget, NamedTarget, NamedTarget]
    const { host, route, worker, file } = backend()
    await local.apply([route(to(a), to(b))], settled)
    const conversation = await openWebSocket(local.httpPort, host)
    const [stays, goes] = (await conversation.say('who')).includes(a.name) ? [b, a] : [a, b]
    await local.apply([route(to(stays), to(c))])
    await local.restart()
    expect(await answering(host)).toEqual([stays.name, c.name].sort())
    expect(await worker()).toContain(`${goes.name} drain`)

    // Another backend takes a reload at the same moment.
    const another = backend()
    const changes = [local.apply([another.route(to(a))], settled), local.apply([route(to(c))])]
    await Promise.all(changes)
    expect(await answering(host)).toEqual([c.name])
    expect(await answering(another.host)).toEqual([a.name])
    expect(await worker()).toEqual(expect.arrayContaining([`${c.name} ready`]))
    expect(await conversation.say('still')).toContain(goes.name)
    await vi.waitFor(async () => expect(await file()).toEqual([c.name]), soon)
    conversation.close()
    await vi.waitFor(async () => expect(await worker()).toEqual([`${c.name} ready`]), soon)
  },
  LONG_MS,
)

it(
  'makes one reload where HAProxy takes no server while it runs, and says so',
  async () => {
    const [a, b] = (await startNamedTargets(2)) as [NamedTarget, NamedTarget]
    const sticky = backend({ sticky: { cookie: 'where' } })
    await local.apply([sticky.route(to(a))], settled)
    const { reloads } = await local.state()
    const { status, applied } = await local.apply([sticky.route(to(a), to(b))], settled)
    expect(status).toBe('settled')
    expect(await answering(sticky.host)).toEqual([a.name, b.name])
    if (applied.via === 'runtime') return // From 3.0 on.
    expect(applied.why).toContain('cookie')
    expect((await local.state()).reloads).toBe(reloads + 1)
  },
  LONG_MS,
)

it(
  'checks a server from the moment at which it comes',
  async () => {
    const [a, b] = (await startNamedTargets(2)) as [NamedTarget, NamedTarget]
    const { host, name, route } = backend()
    await local.apply([route(to(a))], settled)
    await local.apply([route(to(a), to(b))])
    await b.stop()
    const statusOf = async () =>
      (await local.dataPlane.stats({ type: 'server', parent: name }))
        .filter(({ name }) => name.startsWith(b.name))
        .map(({ stats }) => stats.status)
    await vi.waitFor(async () => expect(await statusOf()).toEqual(['DOWN']), soon)
    expect(await answering(host)).toEqual([a.name])
  },
  LONG_MS,
)

it('serves a backend that had no servers when it was made', async () => {
  const a = await startNamedTarget('a')
  const { host, route } = backend()
  await local.apply([route()], settled)
  expect(await ask(local.httpPort, host)).toMatchObject({ status: 503 })
  await local.apply([route(to(a))])
  expect(await answering(host)).toEqual(['a'])
  await local.apply([route()])
  expect(await ask(local.httpPort, host)).toMatchObject({ status: 503 })
})
