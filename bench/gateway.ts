import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpRoute, Target } from '../shared/domain/route-record.ts'
import { httpRoute } from '../test/gateway/routes.ts'
import { ask, keepAlive } from '../test/support/ask.ts'
import { type LocalGateway, openLocalGateway } from '../test/support/local-gateway.ts'

const BACKENDS = 1_000
const SERVERS = 5
const ROUNDS = 3
const SINGLE_ROUNDS = 25
/** Five thousand servers that are all asked every two seconds would be a benchmark of checks. */
const CHECK = { kind: 'http', path: '/', intervalSeconds: 60, rise: 2, fall: 3, expectStatus: null } as const
const LIMIT_MS = 120_000

/** How long servers that come, go and change take until HAProxy has them, without a reload. */
export async function run(): Promise<void> {
  const target = createServer((_, response) => response.end('here'))
  await once(target.listen(0, '127.0.0.1'), 'listening')
  const { port } = target.address() as AddressInfo
  const local = await openLocalGateway({ intervalMs: 30_000 })
  try {
    await oneServer(local, port)
    await manyAtOnce(local, port)
  } finally {
    await local.stop()
    target.closeAllConnections()
    target.close()
  }
}

/** Another name is another server, so one listener is enough for all. */
const serverAt = (name: string, port: number): Target => ({
  name,
  host: '127.0.0.1',
  address: '127.0.0.1',
  port,
  tls: false,
  weight: 10,
  backup: false,
})

async function manyAtOnce(local: LocalGateway, port: number): Promise<void> {
  const backend = (i: number, round: number) =>
    backendOf(i, [
      ...Array.from({ length: SERVERS - 1 }, (_, s) => serverAt(`s${s}`, port)),
      serverAt(`moving-${round}`, port),
    ])
  const all = (round: number) => Array.from({ length: BACKENDS }, (_, i) => backend(i, round))
  const made = await timed(() => local.apply(all(0), { waitMs: LIMIT_MS }))
  say(`${BACKENDS} backends with ${SERVERS} servers each, made with one reload`, made)
  const { reloads } = await local.state()
  for (let round = 1; round <= ROUNDS; round++) {
    const moved = await timed(() => local.apply(all(round), { waitMs: LIMIT_MS }))
    const there = (await moving(local)).filter(
      ({ name, stats }) => name.startsWith(`moving-${round}:`) && stats.status !== 'MAINT',
    )
    if (there.length !== BACKENDS) throw new Error(`HAProxy has ${there.length} of ${BACKENDS}`)
    say(`${BACKENDS} of ${BACKENDS * SERVERS} servers moved in one sync`, moved)
    while ((await moving(local)).length > BACKENDS) await sleep(500)
  }
  if ((await local.state()).reloads !== reloads) throw new Error('there was a reload')
}

const moving = async (local: LocalGateway) =>
  (await local.dataPlane.stats({ type: 'server' })).filter(({ name }) => name.startsWith('moving-'))

/** From `apply` to the first answer: the backend has none before. */
async function oneServer(local: LocalGateway, port: number): Promise<void> {
  const agent = keepAlive(1)
  const times: number[] = []
  const applied: number[] = []
  await local.apply([backendOf(BACKENDS, [])], { waitMs: LIMIT_MS })
  const { host } = backendOf(BACKENDS, [])
  for (let round = 0; round < SINGLE_ROUNDS; round++) {
    const startedMs = performance.now()
    const done = local.apply([backendOf(BACKENDS, [serverAt(`only-${round}`, port)])])
    while ((await ask(local.httpPort, host, { agent })).status !== 200);
    times.push(performance.now() - startedMs)
    await done
    applied.push(performance.now() - startedMs)
    await local.apply([backendOf(BACKENDS, [])])
  }
  agent.destroy()
  say('one server added: to the first answer', median(times))
  say('one server added: to the answer of apply()', median(applied))
}

const backendOf = (i: number, targets: Target[]): HttpRoute =>
  httpRoute({ id: `bench.b${i}`, host: `b${i}.apps.test`, targets, check: CHECK })

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const say = (what: string, ms: number) => process.stdout.write(`${ms.toFixed(1).padStart(10)} ms  ${what}\n`)
