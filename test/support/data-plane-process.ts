import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { newFolder } from './folder.ts'
import { type HaproxyInside, haproxyIn } from './haproxy-inside.ts'
import { freePort } from './ports.ts'
import { endProcessesIn } from './processes.ts'

const USER = 'admin'
const PASSWORD = 'a-password-of-these-tests'

/** The embedded data plane standing alone, as on another machine. */
export interface DataPlaneProcess {
  /** With user and password. */
  url: string
  port: number
  folder: string
  haproxy: HaproxyInside
  child(): ChildProcess
  /** Only itself: its HAProxy goes on. */
  kill(): Promise<void>
  /** Again on the same port, in its folder or in another. */
  start(folder?: string): Promise<void>
}

export async function startDataPlane(options: { folder?: string } = {}): Promise<DataPlaneProcess> {
  const port = await freePort()
  let folder = options.folder ?? newFolder()
  let running = await run(folder, port)
  return {
    url: withCredentials(`http://127.0.0.1:${port}`),
    port,
    get folder() {
      return folder
    },
    get haproxy() {
      return haproxyIn(folder)
    },
    child: () => running,
    async kill() {
      running.kill('SIGKILL')
      await once(running, 'close')
    },
    async start(other = folder) {
      folder = other
      running = await run(folder, port)
    },
  }
}

export const withCredentials = (url: string): string => url.replace('://', `://${USER}:${PASSWORD}@`)

async function run(folder: string, port: number): Promise<ChildProcess> {
  const child = spawn('node', ['haproxy/dataplane/main.ts'], {
    env: {
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      DATA_DIR: folder,
      DATAPLANE_PORT: String(port),
      DATAPLANE_USER: USER,
      DATAPLANE_PASSWORD: PASSWORD,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await endProcessesIn(folder)
  })
  const answers = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
        if (output.includes('the data plane answers')) resolve()
      })
  })
  const ended = once(child, 'close').then(() => {
    throw new Error(`the data plane does not start:\n${output}`)
  })
  ended.catch(() => undefined)
  await Promise.race([answers, ended])
  return child
}
