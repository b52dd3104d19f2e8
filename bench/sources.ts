import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startDocker } from '../test/support/docker.ts'
import { startEtcd } from '../test/support/etcd.ts'
import { type Ending, withEnding } from './routes/ending.ts'
import { median, ms, percentile, printTable } from './routes/figures.ts'
import { type Front, startFront } from './routes/front.ts'
import { getOnce } from './routes/http.ts'
import { newFolder } from './routes/processes.ts'

const ROUNDS = 30
const WARM_UP = 5
const POLL_MS = 100
const PREFIX = '/gateway/'
/** By its answers, the newcomer is known. */
const [FIRST, NEW] = [200, 201]

/** A source with one backend, at a host of its own. */
interface Source {
  name: string
  host: string
  /** Lets the backend have these servers, besides its first. */
  change(servers: Server[]): Promise<unknown>
}

interface Server {
  name: string
  address: string
  port: number
}

/** From a changed record to the first answer of the new server, on a fresh connection: each source in the same rounds. */
export async function run(): Promise<void> {
  await withEnding(async (ending) => {
    const [first, newcomer] = await Promise.all([FIRST, NEW].map((status) => answering(ending, status)))
    const { front, sources } = await startSources(ending, first as number)
    const took = new Map(sources.map(({ name }) => [name, [] as number[]]))
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const { name, host, change } of sources) {
        // At another moment of a poll's interval each time.
        await pause((Math.random() * POLL_MS) | 0)
        const startMs = performance.now()
        await change([{ name: `new-${round + WARM_UP}`, address: '127.0.0.1', port: newcomer as number }])
        while ((await getOnce(front.httpPort, host)) !== NEW) await pause(1)
        if (round >= 0) took.get(name)?.push(performance.now() - startMs)
        await change([])
        await untilGone(front, host)
      }
    }
    printTable(
      `From a changed record to traffic on a new server; ${ROUNDS} rounds`,
      ['', 'p50', 'p90', 'most'],
      [...took].map(([name, all]) => [name, ms(median(all)), ms(percentile(all, 0.9)), ms(Math.max(...all))]),
    )
    const { nodes } = JSON.parse((await front.admin('GET', '/api/nodes')).text) as { nodes: { reloads: number }[] }
    process.stdout.write(`reloads in all, those of the start among them: ${nodes[0]?.reloads}\n\n`)
  })
}

async function startSources(ending: Ending, port: number): Promise<{ front: Front; sources: Source[] }> {
  const folder = newFolder(ending)
  const first: Server = { name: 'first', address: '127.0.0.1', port }
  const backend = (name: string, more: Server[]) => ({
    name,
    hosts: [`${name}.example.com`],
    servers: [first, ...more],
  })
  const source = (name: string, host: string, change: Source['change']) => ({
    name,
    host: `${host}.example.com`,
    change,
  })

  const file = join(folder, 'backends.json')
  const write = async (more: Server[]) => {
    writeFileSync(`${file}.new`, JSON.stringify([backend('file', more)]))
    renameSync(`${file}.new`, file)
  }

  const etcd = await startEtcd()
  ending.later(etcd.stop)
  const put = (more: Server[]) =>
    etcd.call('/v3/kv/put', { key: btoa(`${PREFIX}etcd`), value: btoa(JSON.stringify(backend('etcd', more))) })

  const docker = await startDocker()
  ending.later(docker.stop)
  const containers = new Set<string>()
  const runContainers = async (more: Server[]) => {
    for (const { name, port } of [first, ...more]) {
      if (containers.has(name)) continue
      containers.add(name)
      const labels = { 'cloudlunacy.backend': 'docker', 'cloudlunacy.hosts': 'docker.example.com' }
      docker.run(name, { labels, ports: [port], networks: { bridge: '127.0.0.1' } })
    }
    for (const name of containers) {
      if (name === first.name || more.some((server) => server.name === name)) continue
      containers.delete(name)
      docker.remove(name)
    }
  }

  let answer = [backend('rest', [])]
  const rest = await listening(ending, (_, response) => response.end(JSON.stringify(answer)))
  const serve = async (more: Server[]) => {
    answer = [backend('rest', more)]
  }

  await Promise.all([write([]), put([]), runContainers([])])
  const gateway = {
    providers: {
      file: { kind: 'file', path: file },
      etcd: { kind: 'etcd', endpoints: etcd.endpoints, prefix: PREFIX },
      docker: { kind: 'docker', socket: docker.socket },
      rest: { kind: 'rest', url: `http://127.0.0.1:${rest}/`, intervalMs: POLL_MS },
    },
  }
  const front = await startFront(ending, { GATEWAY_YAML: JSON.stringify(gateway) })
  const byHand = async (more: Server[]) => {
    const { name, ...settings } = backend('hand', more)
    const { status, text } = await front.admin('PUT', `/api/backends/${name}`, settings)
    if (status > 202) throw new Error(`the backend was refused: ${status} ${text}`)
  }
  await byHand([])
  const sources = [
    source('PUT /api/backends/{name} (no source at all)', 'hand', byHand),
    source('file', 'file', write),
    source('etcd', 'etcd', put),
    source('Docker', 'docker', runContainers),
    source(`REST, polled every ${POLL_MS} ms`, 'rest', serve),
  ]
  for (const { host } of sources) while ((await getOnce(front.httpPort, host)) !== FIRST) await pause(20)
  await untilSettled(front, sources.length)
  return { front, sources }
}

/** Each backend has a place of its own in HAProxy by then: before, the lane serves it. */
async function untilSettled({ admin }: Front, count: number): Promise<void> {
  for (;;) {
    const { text } = await admin('GET', '/api/backends')
    const { backends } = JSON.parse(text) as { backends: { status: string }[] }
    if (backends.length === count && backends.every(({ status }) => status === 'settled')) return
    await pause(20)
  }
}

async function untilGone({ httpPort }: Front, host: string): Promise<void> {
  for (let inARow = 0; inARow < 4; ) {
    inARow = (await getOnce(httpPort, host)) === FIRST ? inARow + 1 : 0
    await pause(2)
  }
}

const answering = (ending: Ending, status: number) =>
  listening(ending, (_, response) => response.writeHead(status).end('ok'))

async function listening(ending: Ending, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ending.later(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const pause = (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs))
