import { setTimeout as pause } from 'node:timers/promises'
import { requestCertificate } from '../../agent/certificates/request.ts'
import { createFrontClient, type FrontClient } from '../../agent/client/front-client.ts'
import { newAgentKey } from '../../agent/client/new-agent-key.ts'
import { withEnding } from '../routes/ending.ts'
import { count, ms, percentile, printTable } from '../routes/figures.ts'
import { startFront } from '../routes/front.ts'

const AGENTS = 200
/** All of them are new, and come within this time. */
const ARRIVE_WITHIN_MS = 20_000
const STEADY_MS = 25_000
/** Ten times as often as real ones. */
const HEARTBEAT_EVERY_MS = 3_000
/** In real time once an hour, and once in two months. */
const LOGIN_EVERY = 3
const RENEW_EVERY = 5

type Took = Map<string, number[]>

interface Surroundings {
  url: string
  took: Took
  errors: string[]
  signal: AbortSignal
}

/** Agents by the hundred against one front that shares two cores with all of them, and with its HAProxy. */
export async function benchFleet(): Promise<void> {
  await withEnding(async (ending) => {
    const front = await startFront(ending)
    const url = `http://127.0.0.1:${front.apiPort}`
    const took: Took = new Map()
    const errors: string[] = []
    const fleet = Array.from({ length: AGENTS }, (_, n) =>
      agentOf(url, { agentId: `agent-${n}`, agentKey: newAgentKey() }),
    )
    const ended = new AbortController()
    ending.later(() => ended.abort())
    await Promise.all(fleet.map((agent) => live(agent, { url, took, errors, signal: ended.signal })))
    printTable(
      `${count(AGENTS)} agents, each with its stream of events; errors: ${errors.length} ${errors[0] ?? ''}`,
      ['', 'calls', 'p50', 'p99', 'worst'],
      [...took].map(([name, all]) => [
        name,
        count(all.length),
        ...[0.5, 0.99, 1].map((part) => ms(percentile(all, part))),
      ]),
    )
  })
}

/** A new session each time, as each hour brings one. */
const agentOf = (url: string, { agentId, agentKey }: Pick<FrontClient, 'agentId' | 'agentKey'>): FrontClient =>
  createFrontClient({ url, agentId, agentKey })

async function live(agent: FrontClient, { url, took, errors, signal }: Surroundings): Promise<void> {
  const timed = async (name: string, call: () => Promise<unknown>) => {
    const startMs = performance.now()
    await call().catch((error) => errors.push(`${name}: ${error}`))
    const all = took.get(name) ?? []
    took.set(name, all)
    all.push(performance.now() - startMs)
  }
  const renew = async () => {
    const { csr } = await requestCertificate(agent.agentId)
    await timed('a certificate by CSR', () => agent.signCsr(csr))
  }
  await pause(Math.random() * ARRIVE_WITHIN_MS)
  await timed('registration', () => agent.register({ targetIp: '127.0.0.1' }))
  void follow(agent, signal, errors)
  await renew()
  const targetUrl = 'https://127.0.0.1:8444'
  const options = { through: 'agent' as const }
  await timed('a route', () => agent.putHttpRoute({ subdomain: agent.agentId, targetUrl, options }))
  const endsAtMs = performance.now() + STEADY_MS
  for (let turn = Math.floor(Math.random() * RENEW_EVERY); performance.now() < endsAtMs; turn++) {
    await pause(HEARTBEAT_EVERY_MS * (0.5 + Math.random()))
    const apps = [{ name: 'shop', status: 'healthy' as const }]
    await timed('a heartbeat', () => agent.heartbeat({ version: '0.1.0', load: 0.5, apps }))
    if (turn % LOGIN_EVERY === 0) await timed('a login', () => agentOf(url, agent).authenticate())
    if (turn % RENEW_EVERY === 0) await renew()
    if (turn % RENEW_EVERY === 1) await timed('the list of routes', () => agent.listRoutes())
  }
}

/** Each hears what happens to it, as long as it lives. */
async function follow(agent: FrontClient, signal: AbortSignal, errors: string[]): Promise<void> {
  const broken = (error: unknown) => void (signal.aborted || errors.push(`events: ${error}`))
  try {
    for await (const _ of agent.events({ signal, broken }));
  } catch (error) {
    errors.push(`events: ${error}`)
  }
}
