import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { newFolder } from './folder.ts'
import { freePorts } from './ports.ts'
import { endProcessesIn } from './processes.ts'

export interface FrontProcess {
  child: ChildProcess
  url: string
  dataDir: string
  /** All that it printed so far, on both outputs. */
  output(): string
  /** Its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>
}

export type Environment = Record<string, string>

/** Runs the real entry, as `npm start` does after its setup. It and its folder are gone when the test is over. */
export async function runFront(env: Environment = {}): Promise<FrontProcess> {
  const dataDir = env.DATA_DIR ?? newFolder()
  const [free = 0, http = 0, https = 0, mongo = 0, stats = 0] = await freePorts(5)
  const port = env.PORT ?? String(free)
  const haproxy = { HTTP_PORT: `${http}`, HTTPS_PORT: `${https}`, MONGO_PORT: `${mongo}`, STATS_PORT: `${stats}` }
  const child = spawn('node', ['functions/node.ts'], {
    env: {
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      PORT: port,
      DATA_DIR: dataDir,
      ...haproxy,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    // HAProxy outlives a front that dies.
    await endProcessesIn(dataDir)
  })
  return { child, url: `http://127.0.0.1:${port}`, dataDir, output: () => output, exited }
}

/** The same, once it has printed that all of it answers. */
export async function startFront(env: Environment = {}): Promise<FrontProcess> {
  const front = await runFront(env)
  const printed = new Promise<void>((resolve) => {
    front.child.stdout?.on('data', () => front.output().includes('Try it:') && resolve())
  })
  const ended = await Promise.race([printed, front.exited])
  if (ended !== undefined) throw new Error(`the front ended with ${ended}:\n${front.output()}`)
  return front
}
