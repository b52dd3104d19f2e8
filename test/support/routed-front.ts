import { setTimeout as pause } from 'node:timers/promises'
import { onTestFailed, onTestFinished } from 'vitest'
import { type ApiAnswer, type ApiClient, apiClient, type Write } from './api.ts'
import { openEntry } from './entry.ts'
import { newFolder } from './folder.ts'
import type { Environment, FrontProcess } from './front-process.ts'
import { type HaproxyInside, haproxyIn } from './haproxy-inside.ts'
import { freePorts } from './ports.ts'
import { endProcessesIn } from './processes.ts'

const DOMAIN = 'front.test'
const ADMIN_TOKEN = 'the-admin-token-of-these-tests'
const ENROLLMENT_TOKEN = 'the-enrolment-token-of-these-tests'
const SECRET_KEY = 'a-secret-key-of-these-tests-only-0123456789'

/** A real front with a real HAProxy, and an agent that has registered with it. */
export interface RoutedFront {
  ports: { api: number; http: number; https: number; mongo: number }
  dataDir: string
  env: Environment
  /** The name of its only, or its first node. */
  node: string
  /** The process that runs now. */
  front(): FrontProcess
  haproxy: HaproxyInside
  /** Calls as the agent. */
  agent: ApiClient
  admin: ApiClient
  /** Another agent's calls. */
  register(agentId: string): Promise<ApiClient>
  /** The whole name of an app. */
  hostOf(subdomain: string): string
  databaseOf(agentId: string): string
  kill(): Promise<void>
  start(env?: Environment): Promise<void>
  /** As start(), but comes back at once. */
  run(env?: Environment): Promise<void>
  /** How often HAProxy was reloaded for the front. */
  reloads(): Promise<number>
}

export async function startRoutedFront(env: Environment = {}): Promise<RoutedFront> {
  const dataDir = env.DATA_DIR ?? newFolder()
  const [api = 0, http = 0, https = 0, mongo = 0, stats = 0] = await freePorts(5)
  const complete: Environment = {
    PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    DATA_DIR: dataDir,
    DOMAIN,
    PORT: String(api),
    HTTP_PORT: String(http),
    HTTPS_PORT: String(https),
    MONGO_PORT: String(mongo),
    STATS_PORT: String(stats),
    ADMIN_TOKEN,
    ENROLLMENT_TOKEN,
    SECRET_KEY,
    SETTLE_INTERVAL_MS: '50',
    RECONCILE_INTERVAL_MS: '500',
    LOG_LEVEL: 'warn',
    ...env,
  }
  // Before the front is started, so that it is done after the front has ended.
  onTestFinished(() => endProcessesIn(dataDir))
  const entry = await openEntry(complete)
  let front = await entry.start(entry.env)
  const said: FrontProcess[] = [front]
  onTestFailed(() => void process.stderr.write(said.map(({ output }) => output()).join('\n--- started again\n')))
  const url = front.url
  const register = async (agentId: string): Promise<ApiClient> => {
    const answer = await apiClient(url, { agentId }).post('/api/agents/register', {
      agentKey: `the-very-long-key-of-${agentId}`,
      targetIp: '127.0.0.1',
      enrollmentToken: ENROLLMENT_TOKEN,
    })
    expectStatus(answer, [200, 201])
    return apiClient(url, { agentId, token: String(answer.body.token) })
  }
  const agent = await register('vps-1')
  const admin = apiClient(url, { token: ADMIN_TOKEN })
  return {
    ports: { api, http, https, mongo },
    dataDir,
    env: entry.env,
    node: nodeName(entry.env),
    front: () => front,
    haproxy: haproxyIn(dataDir),
    agent,
    admin,
    register,
    hostOf: (subdomain) => `${subdomain}.apps.${DOMAIN}`,
    databaseOf: (agentId) => `${agentId}.mongodb.${DOMAIN}`,
    async kill() {
      front.child.kill('SIGKILL')
      await front.exited
    },
    async start(more = {}) {
      front = await entry.start({ ...entry.env, ...more })
      said.push(front)
    },
    async run(more = {}) {
      front = await entry.run({ ...entry.env, ...more })
      said.push(front)
    },
    async reloads() {
      const nodes = (await admin.get('/api/nodes')).body.nodes as { reloads: number }[]
      return nodes.reduce((sum, node) => sum + node.reloads, 0)
    },
  }
}

/** Of several the first. */
function nodeName({ DATAPLANE_URL }: Environment): string {
  const [url = ''] = DATAPLANE_URL?.split(',') ?? []
  return url === '' ? 'local' : new URL(url).host
}

export function expectStatus({ status, body }: ApiAnswer, wanted: number[]): void {
  if (!wanted.includes(status)) throw new Error(`the API answered ${status}: ${JSON.stringify(body)}`)
}

/** An app of the agent at this target; checked unless the options say otherwise. */
export async function put(
  client: ApiClient,
  subdomain: string,
  targetUrl: string,
  options: object = {},
  { waitSeconds, statuses = [200, 201] }: { waitSeconds?: number | undefined; statuses?: number[] } = {},
): Promise<Write> {
  const headers: Record<string, string> = waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }
  const answer = await client.post('/api/proxy/http', { subdomain, targetUrl, options }, headers)
  expectStatus(answer, statuses)
  return answer.body as unknown as Write
}

export async function remove(client: ApiClient, subdomain: string): Promise<void> {
  expectStatus(await client.delete('/api/proxy', { subdomain, type: 'http' }), [200])
}

/** Each in the lane, or with its backend: also when its servers do not answer. */
export async function everyRouteStands({ agent }: RoutedFront): Promise<void> {
  for (;;) {
    const { routes } = (await agent.get(`/api/proxy/agents/${agent.agentId}`)).body as unknown as {
      routes: { options: { check?: unknown }; status: string }[]
    }
    const done = routes.every(({ options: { check }, status }) =>
      check === false ? status !== 'pending' : status === 'settled' || status === 'degraded',
    )
    if (done) return
    await pause(50)
  }
}
