import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs Schemathesis, which knows nothing but the served document, against a front with a HAProxy of its own. */
const SCHEMATHESIS = process.env.SCHEMATHESIS ?? 'schemathesis'
const CASES = process.env.CASES ?? '50'
const ADMIN_TOKEN = 'the-admin-token-of-the-fuzzer'
/** What ends the agent that all else is about, or its token, comes last. */
const ENDINGS = ['removeAgent', 'revokeAgent', 'rotateAgentKey']
const but = (...ids: string[]) => ids.flatMap((id) => ['--exclude-operation-id', id])
const only = (...ids: string[]) => ids.flatMap((id) => ['--include-operation-id', id])
/** It does not end by itself. */
const STREAM = 'streamEvents'

const dataDir = mkdtempSync(join(tmpdir(), 'front-fuzz-'))
const front = await startFront()
try {
  const agent = await register()
  const phases = ['--phases', process.env.PHASES ?? 'examples,coverage,fuzzing']
  const results = [
    await run('as the administrator', ADMIN_TOKEN, [...phases, ...but(STREAM, ...ENDINGS)]),
    await run('as an agent', agent, [...phases, ...but(STREAM, ...ENDINGS)]),
    await run('as nobody', null, [...phases, ...but(STREAM)]),
    await run('as the administrator, call after call', ADMIN_TOKEN, ['--phases', 'stateful', ...but(STREAM)]),
    await run('what ends an agent', ADMIN_TOKEN, [...phases, ...only(...ENDINGS)]),
  ]
  process.exitCode = results.every((passed) => passed) ? 0 : 1
} finally {
  front.child.kill('SIGTERM')
  await once(front.child, 'close')
  rmSync(dataDir, { recursive: true, force: true })
}

async function startFront() {
  const [api, http, https, mongo, stats] = await freePorts()
  const ports = { PORT: api, HTTP_PORT: http, HTTPS_PORT: https, MONGO_PORT: mongo, STATS_PORT: stats }
  const env = { ...process.env, ...ports, DATA_DIR: dataDir, ADMIN_TOKEN, DOMAIN: 'front.test', LOG_LEVEL: 'error' }
  const child = spawn('node', ['functions/node.ts'], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (chunk) => String(chunk).includes('Try it:') && resolve()),
  )
  return { child, url: `http://127.0.0.1:${api}` }
}

async function freePorts(): Promise<string[]> {
  const servers = Array.from({ length: 5 }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => String((server.address() as { port: number }).port))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** The agent of the document's examples. */
async function register(): Promise<string> {
  const response = await fetch(`${front.url}/api/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agentId: 'vps-1', agentKey: 'a-long-secret-of-its-own', targetIp: '203.0.113.7' }),
  })
  return ((await response.json()) as { token: string }).token
}

async function run(who: string, token: string | null, more: string[]): Promise<boolean> {
  process.stdout.write(`\n# ${who}\n`)
  const folder = join(import.meta.dirname, '..', 'test', 'schemathesis')
  const config = ['--config-file', join(folder, 'schemathesis.toml')]
  const auth = token === null ? [] : ['-H', `Authorization: Bearer ${token}`]
  const args = [
    ...config,
    'run',
    `${front.url}/api/openapi.json`,
    '--max-examples',
    CASES,
    '--request-timeout',
    '60',
    ...auth,
    ...more,
  ]
  // It leaves files where it runs.
  const env = { ...process.env, SCHEMATHESIS_HOOKS: join(folder, 'hooks.py') }
  const child = spawn(SCHEMATHESIS, args, { cwd: dataDir, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'close')
  return code === 0
}
