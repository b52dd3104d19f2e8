import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { BackendInput } from '../../shared/domain/backend.ts'
import { answersAt, untilAnswer, untilSettled } from '../support/backend-answers.ts'
import { startDataPlane, withCredentials } from '../support/data-plane-process.ts'
import { type Behaviour, faultyProxy, pass } from '../support/faulty-proxy.ts'
import type { Environment } from '../support/front-process.ts'
import { privateAddress } from '../support/private-address.ts'
import { type RoutedFront, startRoutedFront } from '../support/routed-front.ts'
import { listen } from '../support/targets.ts'

const NO_ADDRESS = 'only root may give this machine the private address that it needs'
const HOST = 'api.example.org'

/** What a registry answers, and how: the test's to decide. */
async function startRegistry() {
  const registry = { status: 200, backends: [] as BackendInput[], url: '' }
  const server = createServer((_, answer) => {
    answer.writeHead(registry.status, { 'content-type': 'application/json' })
    answer.end(JSON.stringify(registry.backends))
  })
  registry.url = `http://127.0.0.1:${await listen(server)}/`
  return registry
}

const watching = (url: string): Environment => ({
  GATEWAY_YAML: JSON.stringify({ providers: { registry: { kind: 'rest', url, intervalMs: 100 } } }),
})

/** Servers that say their names, each on a port of its own. */
const startServers = (address: string, ...names: string[]) =>
  Promise.all(
    names.map((name) =>
      listen(
        createServer((_, answer) => answer.end(name)),
        address,
      ),
    ),
  )

const backend = (name: string, address: string, ...ports: number[]): BackendInput => ({
  name,
  hosts: [`${name}.example.org`],
  servers: ports.map((port, i) => ({ name: `srv${i + 1}`, address, port })),
})

async function providerOf({ admin }: RoutedFront) {
  const { providers } = (await admin.get('/api/providers')).body as {
    providers: { name: string; state: string; lastError: string | null; problems: { name: string; reason: string }[] }[]
  }
  const found = providers.find(({ name }) => name === 'registry')
  if (!found) throw new Error('there is no provider')
  return found
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20)
}

it('keeps the last state when a source fails, and of a backend that is wrong', async () => {
  const [one = 0, two = 0, three = 0] = await startServers('127.0.0.1', 'one', 'two', 'three')
  const registry = await startRegistry()
  registry.backends = [backend('api', '127.0.0.1', one)]
  const front = await startRoutedFront(watching(registry.url))
  await untilAnswer(front.ports.http, HOST, ['one'])

  // A provider's error: logged, what it told stays, also over a restart at which it has nothing to tell; asked again.
  registry.status = 500
  registry.backends = [backend('api', '127.0.0.1', two)]
  await until(async () => (await providerOf(front)).state === 'failing')
  expect((await providerOf(front)).lastError).toMatch(/500/)
  await expect.poll(() => front.front().output()).toContain('A provider cannot tell its backends')
  await front.kill()
  await front.start()
  expect(await answersAt(front.ports.http, HOST)).toEqual(new Set(['one']))
  registry.status = 200
  await untilAnswer(front.ports.http, HOST, ['two'])
  await until(async () => (await providerOf(front)).state === 'running')

  // The manager's: a port that there is not, the front itself, and beside them one that is right.
  registry.backends = [
    backend('api', '127.0.0.1', 70_000),
    backend('own', '127.0.0.1', front.ports.api),
    backend('web', '127.0.0.1', three),
  ]
  await untilAnswer(front.ports.http, 'web.example.org', ['three'])
  expect(await answersAt(front.ports.http, HOST)).toEqual(new Set(['two']))
  expect(await answersAt(front.ports.http, 'own.example.org')).toEqual(new Set(['404']))
  await until(async () => (await providerOf(front)).problems.length === 2)
  expect((await providerOf(front)).problems.map(({ name }) => name).sort()).toEqual(['api', 'own'])
  await expect.poll(() => front.front().output()).toContain('A backend was not taken')
})

it('takes back what HAProxy’s API fails at, and leaves HAProxy running when a reload fails', async ({ skip }) => {
  const address = privateAddress() ?? skip(NO_ADDRESS)
  const [one = 0, two = 0, three = 0] = await startServers(address, 'one', 'two', 'three')
  const dataPlane = await startDataPlane()
  const configuration = configurationAt(dataPlane)
  let now: Behaviour = pass
  const between = await faultyProxy(`http://127.0.0.1:${dataPlane.port}`, (exchange) => now(exchange))
  const registry = await startRegistry()
  registry.backends = [backend('api', address, one)]
  const env = { ...watching(registry.url), DATAPLANE_URL: withCredentials(between), TARGET_POLICY: 'private' }
  const front = await startRoutedFront(env)
  await untilAnswer(front.ports.http, HOST, ['one'])
  await untilSettled(front.admin, 'api')

  // The API's error: the transaction is taken back, the configuration is what it was; the new backend is served meanwhile.
  const before = await configuration.read()
  const takenBack: string[] = []
  now = async (exchange) => {
    const isOfTransaction = exchange.path.includes('/transactions/')
    if (isOfTransaction && exchange.method === 'DELETE') takenBack.push(exchange.path)
    if (isOfTransaction && exchange.method === 'PUT') exchange.fail(500)
    else await pass(exchange)
  }
  registry.backends = [backend('api', address, one), backend('web', address, two)]
  await until(async () => takenBack.length > 0)
  await untilAnswer(front.ports.http, 'web.example.org', ['two'])
  expect(await answersAt(front.ports.http, HOST)).toEqual(new Set(['one']))
  expect(await configuration.read()).toBe(before)
  now = pass
  await untilSettled(front.admin, 'web')
  expect(await answersAt(front.ports.http, 'web.example.org')).toEqual(new Set(['two']))

  // A reload's: somebody has put in a section whose port is taken, so HAProxy cannot be reloaded.
  const taken = createTcpServer()
  await configuration.append(`frontend foreign\n  mode http\n  bind 127.0.0.1:${await listen(taken)}\n`)
  registry.backends = [...registry.backends, backend('late', address, three)]
  await untilAnswer(front.ports.http, 'late.example.org', ['three'])
  await expect.poll(() => front.front().output(), { timeout: 20_000 }).toMatch(/cannot bind|Reload failed/i)
  expect(await answersAt(front.ports.http, HOST)).toEqual(new Set(['one']))
  await untilSettled(front.admin, 'late')
  expect(await answersAt(front.ports.http, 'late.example.org')).toEqual(new Set(['three']))
})

/** As somebody else reads and writes it. */
function configurationAt({ port, url }: { port: number; url: string }) {
  const path = `http://127.0.0.1:${port}/v3/services/haproxy/configuration`
  const headers = { ...credentialsOf(url), 'content-type': 'text/plain' }
  const read = async (what = 'raw') => (await fetch(`${path}/${what}`, { headers })).text()
  return {
    read: () => read(),
    async append(section: string) {
      const query = `version=${await read('version')}&skip_reload=true`.replace(/\s/g, '')
      const body = `${await read()}\n${section}`
      const answer = await fetch(`${path}/raw?${query}`, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`not taken: ${answer.status} ${await answer.text()}`)
    },
  }
}

function credentialsOf(url: string): Record<string, string> {
  const { username, password } = new URL(url)
  return { authorization: `Basic ${btoa(`${username}:${password}`)}` }
}
