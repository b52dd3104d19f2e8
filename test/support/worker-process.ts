import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inject, onTestFinished } from 'vitest'
import { newFolder } from './folder.ts'
import type { Environment, FrontProcess } from './front-process.ts'
import { freePort, freePorts } from './ports.ts'

/** Of the environment of a front on Node, what is no setting of a worker. */
const NO_SETTINGS = ['PATH', 'PORT', 'HOST', 'DATA_DIR', 'KEEP_HAPROXY']

/** Runs the worker in workerd, as `npm run dev:worker` does; its objects keep what they have in the data folder. */
export async function runWorker(env: Environment = {}): Promise<FrontProcess> {
  const dataDir = env.DATA_DIR ?? newFolder()
  const port = env.PORT ?? String(await freePort())
  const [inspector = 0] = await freePorts(1)
  const settings = { API_ADDRESS: `127.0.0.1:${port}`, ...env }
  const variables = Object.entries(settings).filter(([name]) => !NO_SETTINGS.includes(name))
  const child = spawn(
    'wrangler',
    [
      ...[
        'dev',
        inject('workerBundle'),
        '--no-bundle',
        '--config',
        'wrangler.toml',
        '--ip',
        '127.0.0.1',
        '--port',
        port,
        '--inspector-port',
        String(inspector),
      ],
      ...['--persist-to', join(dataDir, 'worker'), '--show-interactive-dev-session=false'],
      ...variables.flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        CI: 'true',
        WRANGLER_LOG_PATH: join(dataDir, 'worker-logs'),
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group: workerd is a child of its child.
      detached: true,
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  const whole = asOneProcess(child)
  onTestFinished(async () => {
    whole.kill('SIGKILL')
    await exited
  })
  return { child: whole, url: `http://127.0.0.1:${port}`, dataDir, output: () => output, exited }
}

/** The same, once all of it answers. */
export async function startWorker(env: Environment = {}): Promise<FrontProcess> {
  const worker = await runWorker(env)
  let ended: unknown
  void worker.exited.then((how) => {
    ended = how
  })
  while (!(await isReady(worker))) {
    if (ended !== undefined) throw new Error(`the worker ended with ${ended}:\n${worker.output()}`)
    await pause(50)
  }
  return worker
}

/** Its objects start with the first request; then they bring HAProxy to what was accepted. */
async function isReady({ url, output }: FrontProcess): Promise<boolean> {
  if (!output().includes('Ready on')) return false
  const answer = await fetch(`${url}/api/health/ready`, { signal: AbortSignal.timeout(30_000) }).catch(() => null)
  return answer?.status === 200
}

/** Signals reach all of its processes. */
function asOneProcess(child: ChildProcess): ChildProcess {
  child.kill = (signal = 'SIGTERM') => {
    try {
      return child.pid !== undefined && process.kill(-child.pid, signal)
    } catch {
      // It has ended.
      return false
    }
  }
  return child
}
