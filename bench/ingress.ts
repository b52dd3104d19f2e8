import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Ending, withEnding } from './routes/ending.ts'
import { count, median, printTable, ratio } from './routes/figures.ts'
import { expectDone, hostOf } from './routes/fill.ts'
import { type Front, startFront } from './routes/front.ts'
import type { Call } from './routes/http.ts'
import { stop } from './routes/processes.ts'
import { wrk } from './wrk.ts'

const ROUNDS = 3
const SECONDS_A_ROUND = 2
const AGENT = 'vps-1'
const LOADS = [
  ...[4, 16, 64, 256].map((clients) => ({ what: 'two words', path: '/', clients })),
  { what: 'a page of 200 rows', path: '/page', clients: 64 },
]
const WAYS = {
  direct: {},
  'through the ingress': { through: 'agent' },
  'through it by HTTP/1.1': { through: 'agent', protocol: 'http1' },
  'through it by HTTP/2': { through: 'agent', protocol: 'h2' },
}

/** Requests a second to the same app through HAProxy: by plain HTTP, and through the agent's ingress by mutual TLS. */
export async function run(): Promise<void> {
  await withEnding(async (ending) => {
    const front = await startFront(ending)
    const call = await front.agent(AGENT)
    const { port: appPort } = await startServer(ending, 'app')
    const ingress = await startServer(ending, 'ingress', {
      appPort,
      hosts: Object.keys(WAYS).map((_, i) => hostOf(`way-${i}`)),
      certificate: await certificateOf(call),
    })
    for (const [i, options] of Object.values(WAYS).entries()) {
      const isThrough = 'through' in options
      const targetUrl = isThrough ? `https://127.0.0.1:${ingress.port}` : `http://127.0.0.1:${appPort}`
      const route = { agentId: AGENT, subdomain: `way-${i}`, targetUrl, options: { ...options, check: false } }
      expectDone(await call('POST', '/api/proxy/http', route))
    }
    for (const load of LOADS) await compare(front, ingress, load)
  })
}

type Load = (typeof LOADS)[number]

/** Round by round, so that a slow moment of the machine hits all. */
async function compare({ httpPort }: Front, ingress: Server, { what, path, clients }: Load): Promise<void> {
  const perSecond = Object.keys(WAYS).map((): number[] => [])
  const microseconds = Object.keys(WAYS).map((): number[] => [])
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, own] of perSecond.entries()) {
      const args = ['-H', `Host: ${hostOf(`way-${i}`)}`, `http://127.0.0.1:${httpPort}${path}`]
      const before = await ingress.usedMicroseconds()
      const requests = await wrk(args, { seconds: SECONDS_A_ROUND, connections: clients })
      if (requests === null) return
      if (round < 0) continue
      own.push(requests)
      microseconds[i]?.push(((await ingress.usedMicroseconds()) - before) / (requests * SECONDS_A_ROUND))
    }
  }
  const [first = []] = perSecond
  printTable(
    `${clients} clients, an app that answers ${what}: requests a second, on processors that all of them share`,
    ['', 'median', 'ratio', 'µs of the ingress each'],
    Object.keys(WAYS).map((name, i) => {
      const own = perSecond[i] ?? []
      return [
        name,
        count(median(own)),
        ratio(median(own.map((each, round) => each / (first[round] ?? 0)))),
        count(median(microseconds[i] ?? [])),
      ]
    }),
  )
}

async function certificateOf(call: Call) {
  const { status, text } = await call('GET', `/api/config/${AGENT}`)
  expectDone({ status, text })
  return JSON.parse(text).certificates as object
}

interface Server {
  port: number
  /** Of the processors, since it started. */
  usedMicroseconds(): Promise<number>
}

async function startServer(ending: Ending, role: 'app' | 'ingress', order?: object): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'ingress', 'server.ts'), [role])
  ending.later(() => stop(child))
  const said = async () => (await once(child, 'message'))[0]
  if (order) child.send(order)
  const port = await said()
  return {
    port,
    usedMicroseconds() {
      child.send('used')
      return said()
    },
  }
}
