import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../test/support/ports.ts'
import type { Ending } from './ending.ts'
import { type Call, keptCalls } from './http.ts'
import { newFolder, stop } from './processes.ts'
import { withSbin } from './targets.ts'

export const DOMAIN = 'bench.test'
export const ADMIN_TOKEN = 'admin-token-of-the-benchmark'
const READY_WITHIN_MS = 60_000

export interface Front {
  apiPort: number
  /** HAProxy's. */
  httpPort: number
  httpsPort: number
  dataDir: string
  /** As the administrator. */
  admin: Call
  /** As an agent that is registered, with its token. */
  agent(agentId: string): Promise<Call>
  /** The port of the front's inspector. */
  inspectPort: number
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on what it left behind; comes back when it is ready. */
  start(): Promise<void>
}

/** The real entry in a process of its own, with a store on the disk and the data plane that it brings. */
export async function startFront(ending: Ending, env: Record<string, string> = {}): Promise<Front> {
  const dataDir = newFolder(ending)
  const [port, http, https, mongo, stats, inspectPort] = (await freePorts(6)) as [number, ...number[]]
  const settings = {
    PORT: port,
    HTTP_PORT: http,
    HTTPS_PORT: https,
    MONGO_PORT: mongo,
    STATS_PORT: stats,
    DATA_DIR: dataDir,
    DOMAIN,
    ADMIN_TOKEN,
    ROUTES_PER_AGENT: 1_000_000,
    AGENT_WRITES_PER_MINUTE: 10_000_000,
    NODE_OPTIONS: `--inspect=127.0.0.1:${inspectPort}`,
  }
  const environment = { ...textValues(settings), ...env, PATH: withSbin().PATH }
  let child: ChildProcess | null = null
  const front: Front = {
    apiPort: port,
    httpPort: http as number,
    httpsPort: https as number,
    dataDir,
    inspectPort: inspectPort as number,
    admin: keptCalls(port, { authorization: `Bearer ${ADMIN_TOKEN}` }),
    agent: (agentId) => registered(port, agentId),
    async stop(signal) {
      if (child) await stop(child, signal)
    },
    async start() {
      child = run(environment, join(dataDir, 'bench.log'))
      await untilReady(port, child, join(dataDir, 'bench.log'))
    },
  }
  ending.later(() => front.stop())
  await front.start()
  return front
}

const textValues = (values: Record<string, string | number | undefined>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))

/** Its log goes to a file: a pipe would make this process work for the log too. */
function run(env: Record<string, string | undefined>, logPath: string): ChildProcess {
  const log = openSync(logPath, 'a', 0o600)
  const child = spawn('node', ['functions/node.ts'], { env, stdio: ['ignore', log, log] })
  closeSync(log)
  return child
}

async function untilReady(port: number, child: ChildProcess, logPath: string): Promise<void> {
  const startMs = performance.now()
  while (!(await isReady(port))) {
    if (child.exitCode !== null || performance.now() - startMs > READY_WITHIN_MS) {
      throw new Error(`the front is not ready:\n${readFileSync(logPath, 'utf8').slice(-3_000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await keptCalls(port)('GET', '/api/health/ready', undefined, { connection: 'close' }).catch(() => null)
  return answer?.status === 200
}

async function registered(port: number, agentId: string): Promise<Call> {
  const body = { agentId, agentKey: Buffer.from(agentId.padEnd(32, '-')).toString('hex'), targetIp: '127.0.0.1' }
  const answer = await keptCalls(port)('POST', '/api/agents/register', body, { connection: 'close' })
  if (answer.status > 201) throw new Error(`${agentId} was not registered: ${answer.status} ${answer.text}`)
  const { token } = JSON.parse(answer.text) as { token: string }
  return keptCalls(port, { authorization: `Bearer ${token}` })
}
