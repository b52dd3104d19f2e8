import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePorts } from '../../test/support/ports.ts'
import { type Ending, withEnding } from './ending.ts'
import { count, median, ms, percentile, printTable } from './figures.ts'
import { hostOf } from './fill.ts'
import { type Answer, type Call, keptCalls, untilGood } from './http.ts'
import type { Options } from './options.ts'
import { newFolder, stop } from './processes.ts'
import { startTargets, withSbin } from './targets.ts'

const USER = 'admin'
const PASSWORD = 'password-of-the-benchmark'
const CONFIGURATION = '/v3/services/haproxy/configuration'
const TRANSACTIONS = '/v3/services/haproxy/transactions'

const PLAN = {
  short: [
    [0, 12],
    [1_000, 6],
  ],
  full: [
    [0, 40],
    [1_000, 20],
    [10_000, 4],
  ],
} as const

/** What a route costs when it is made as the API's manual has it: in a transaction that ends in a reload. */
export async function benchTextbook({ full }: Options): Promise<void> {
  await withEnding(async (ending) => {
    const [target = 0] = await startTargets(ending, 1)
    const rows: string[][] = []
    for (const [backends, samples] of full ? PLAN.full : PLAN.short) {
      const dataPlane = await startDataPlane(ending, backends, target)
      const tookMs: number[] = []
      for (let i = 0; i < samples; i++) tookMs.push(await timeToLive(dataPlane, hostOf(`new-${i}`), target))
      rows.push([`beside ${count(backends)} backends`, ms(median(tookMs)), ms(percentile(tookMs, 0.99))])
      await dataPlane.stop()
    }
    printTable(
      'The same by the textbook: transaction, backend, server, commit and reload, on the same data plane',
      ['', 'live p50', 'p99'],
      rows,
    )
  })
}

interface DataPlane {
  call: Call
  httpPort: number
  stop(): Promise<void>
}

async function startDataPlane(ending: Ending, backends: number, target: number): Promise<DataPlane> {
  const folder = newFolder(ending)
  const [port = 0, httpPort = 0] = await freePorts(2)
  const env = {
    ...{ PATH: withSbin().PATH, DATA_DIR: join(folder, 'haproxy'), KEEP_HAPROXY: 'false' },
    ...{ DATAPLANE_PORT: String(port), DATAPLANE_USER: USER, DATAPLANE_PASSWORD: PASSWORD },
  }
  const child = spawn('node', ['haproxy/dataplane/main.ts'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  ending.later(() => stop(child))
  const call = keptCalls(port, { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` })
  await untilGood(port, 'data-plane', { pauseMs: 20, isGood: (status) => status > 0 })
  const { text } = expectGood(await call('GET', `${CONFIGURATION}/raw`))
  const whole = `${text.replace(/^# _.*\n/gm, '')}${frontend(httpPort)}${backendsTo(backends, target)}`
  expectGood(await call('POST', `${CONFIGURATION}/raw?version=${await versionOf(call)}&force_reload=true`, whole))
  return { call, httpPort, stop: () => stop(child) }
}

/** A backend has the name of its host: the ACL and the rule that the manual adds for each are spared. */
const frontend = (httpPort: number) => `
defaults textbook
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s

frontend http from textbook
  bind 127.0.0.1:${httpPort}
  use_backend %[req.hdr(host)]
`

const backendsTo = (howMany: number, target: number) =>
  Array.from(
    { length: howMany },
    (_, i) => `\nbackend other-${i} from textbook\n  server one 127.0.0.1:${target}\n`,
  ).join('')

async function versionOf(call: Call): Promise<number> {
  return Number(expectGood(await call('GET', `${CONFIGURATION}/version`)).text)
}

async function timeToLive({ call, httpPort }: DataPlane, host: string, target: number): Promise<number> {
  const startMs = performance.now()
  const version = await versionOf(call)
  const { id } = JSON.parse(expectGood(await call('POST', `${TRANSACTIONS}?version=${version}`)).text) as { id: string }
  const inside = `transaction_id=${id}`
  const backend = { name: host, mode: 'http', from: 'textbook' }
  expectGood(await call('POST', `${CONFIGURATION}/backends?${inside}`, backend))
  const server = { name: 'one', address: '127.0.0.1', port: target }
  expectGood(await call('POST', `${CONFIGURATION}/backends/${host}/servers?${inside}`, server))
  const committed = call('PUT', `${TRANSACTIONS}/${id}?force_reload=true`).then(expectGood)
  const [liveMs] = await Promise.all([untilGood(httpPort, host, { pauseMs: 1 }), committed])
  return liveMs - startMs
}

function expectGood(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer
  throw new Error(`the data plane answered ${answer.status}: ${answer.text.slice(0, 500)}`)
}
