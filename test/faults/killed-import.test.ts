import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { AGENT_KEY, frontWithRoutes } from '../backup/many-routes.ts'
import { exportOf, PASSPHRASE } from '../backup/support.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { apiClient } from '../support/api.ts'
import { ask } from '../support/ask.ts'
import { newFolder } from '../support/folder.ts'
import { type FrontProcess, startFront } from '../support/front-process.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { freePorts } from '../support/ports.ts'

const ROUTES = 3_000

interface Moment {
  when: string
  /** How the document is sent. */
  send: (url: string, document: string) => Promise<unknown>
  kill: (front: FrontProcess) => Promise<unknown>
  /** How many there must be afterwards. */
  routes: number
}

let document: ReturnType<typeof exported> | undefined

const MOMENTS: Moment[] = [
  { when: 'while the document comes', send: postHalf, kill: () => sleep(1_000), routes: 0 },
  { when: 'when it is decided', send: postImport, kill: isDecided, routes: ROUTES },
  {
    when: 'in place by and by',
    send: postImport,
    kill: (front) => isDecided(front).then(() => sleep(2_050)),
    routes: ROUTES,
  },
]

it.each(MOMENTS)(
  'an import that is killed with -9 $when is there as a whole or not at all',
  async ({ send, kill, routes }) => {
    const { document, port } = await exported()
    await startNamedTarget('restored', '127.0.0.1', port)
    const [http = 0] = await freePorts(1)
    const env = {
      DATA_DIR: newFolder(),
      DOMAIN: 'example.com',
      ADMIN_TOKEN,
      SECRET_KEY: 'another-secret-key-another-secret-key',
      HTTP_PORT: String(http),
      RECONCILE_INTERVAL_MS: '500',
    }
    const first = await startFront(env)
    const broken = send(first.url, document).catch(() => undefined)
    await kill(first)
    first.child.kill('SIGKILL')
    await first.exited
    await broken

    const second = await startFront(env)
    const admin = apiClient(second.url, { token: ADMIN_TOKEN })
    const agents = (await admin.get('/api/agents')).body.agents as unknown[]
    const total = await countRoutes(second.url)
    expect([agents.length, total]).toEqual(routes === 0 ? [0, 0] : [1, routes])
    if (routes === 0) expect((await postImport(second.url, document)).status).toBe(200)

    const login = await apiClient(second.url, {}).post('/api/agents/authenticate', {
      agentId: 'vps-1',
      agentKey: AGENT_KEY,
    })
    expect(login.status).toBe(200)
    await expect
      .poll(async () => (await ask(http, `app-${ROUTES - 1}.apps.example.com`)).body, { timeout: 60_000 })
      .toContain('restored')
  },
)

/** Of another machine: once for all moments. */
function exported(): Promise<{ document: string; port: number }> {
  document ??= (async () => {
    const [port = 0] = await freePorts(1)
    return { document: await exportOf(await frontWithRoutes(ROUTES, port)), port }
  })()
  return document
}

function postImport(url: string, document: string): Promise<Response> {
  return post(url, `{"passphrase":${JSON.stringify(PASSPHRASE)},"document":${document}}`)
}

/** The rest never comes. */
function postHalf(url: string, document: string): Promise<Response> {
  const half = `{"passphrase":${JSON.stringify(PASSPHRASE)},"document":${document.slice(0, document.length - 100)}`
  const stream = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(half)) })
  return post(url, stream)
}

function post(url: string, body: string | ReadableStream): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
  return fetch(`${url}/api/import`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
}

async function countRoutes(url: string): Promise<number> {
  const admin = apiClient(url, { token: ADMIN_TOKEN })
  let count = 0
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { body } = await admin.get(`/api/proxy?limit=1000${cursor ? `&cursor=${cursor}` : ''}`)
    count += (body.routes as unknown[]).length
    cursor = body.cursor
  }
  return count
}

async function isDecided(front: FrontProcess): Promise<void> {
  while (!front.output().includes('An import is decided')) await sleep(5)
}
