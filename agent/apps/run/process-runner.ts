import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { sleep } from '../../../shared/lib/sleep.ts'
import type { App } from '../../config/app.ts'
import type { Ledger, LedgerEntry } from '../ledger.ts'
import { endGroup, endStragglers, MARK } from '../process/end-group.ts'
import { identify, isSame } from '../process/process-id.ts'
import { versionOf } from '../version.ts'
import type { Runner, Running, StartOrder } from './runner.ts'

/** How soon it is noticed that a process of an earlier agent's has ended: nobody tells of those. */
const LOOK_MS = 500
/** Of the agent's own environment, where its secrets may be, an app gets these alone. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR']

export interface ProcessRunnerOptions {
  /** Commands run in it, or in a folder of their own that is told from there. */
  folder: string
  ledger: Ledger
  environment?: NodeJS.ProcessEnv
}

/** Runs commands, each in a process group of its own. */
export function createProcessRunner({ folder, ledger, environment = process.env }: ProcessRunnerOptions): Runner {
  return {
    async start(order) {
      const mark = randomUUID()
      const child = launch(order, { folder, mark, environment })
      const { pid } = child
      const ended = endOf(child)
      if (pid === undefined) throw new Error(await ended)
      // What has ended already, or cannot be told apart on this system, is not looked for later.
      const startedAt = identify(pid)?.startedAt ?? ''
      const entry = { app: order.app.name, version: versionOf(order.app), port: order.port, mark, pid, startedAt }
      ledger.add(entry)
      return supervise(entry, { ended, isAlive: () => child.exitCode === null && child.signalCode === null, ledger })
    },
    async leftovers() {
      const leftovers = ledger.entries().filter(isSame)
      for (const { mark } of ledger.entries().filter((entry) => !leftovers.includes(entry))) {
        endStragglers(mark)
        ledger.remove(mark)
      }
      return leftovers.map((entry) => {
        const running = supervise(entry, { ended: goneOf(entry), isAlive: () => isSame(entry), ledger })
        return { app: entry.app, version: entry.version, running }
      })
    },
  }
}

function launch(
  { app, port, log }: StartOrder,
  { folder, mark, environment }: { folder: string; mark: string; environment: NodeJS.ProcessEnv },
): ChildProcess {
  const [program = '', ...args] = app.command ?? []
  const output = log.open()
  try {
    return spawn(program, args, {
      cwd: resolvePath(folder, app.folder ?? '.'),
      // Its own group: what is sent to the agent from a terminal is not meant for it, and it can be ended as a whole.
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...inherited(environment), PORT: `${port}`, HOST: hostOf(app), ...app.environment, [MARK]: mark },
    })
  } finally {
    closeSync(output)
  }
}

/** What is reached through the ingress is open to nobody else. */
const hostOf = ({ expose }: App): string => (expose === 'direct' ? '0.0.0.0' : '127.0.0.1')

const inherited = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(INHERITED.flatMap((name) => (name in environment ? [[name, environment[name]]] : [])))

interface Life {
  ended: Promise<string>
  isAlive(): boolean
  ledger: Ledger
}

function supervise({ mark, pid, port }: LedgerEntry, { ended, isAlive, ledger }: Life): Running {
  let stopping = false
  const clear = () => {
    endStragglers(mark)
    ledger.remove(mark)
  }
  return {
    port,
    pid,
    ended: ended.then((how) => {
      // While it is stopped, a shell that ends first must not take the program's time to end well.
      if (!stopping) clear()
      return how
    }),
    async stop(graceMs) {
      if (!isAlive()) return
      stopping = true
      await endGroup(pid, graceMs)
      await ended
      clear()
    },
  }
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`)
    })
  })

async function goneOf(entry: LedgerEntry): Promise<string> {
  while (isSame(entry)) await sleep(LOOK_MS)
  return 'it ended'
}
