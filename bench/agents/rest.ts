import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buildAgent } from '../../agent/build.ts'
import { freePorts } from '../../test/support/ports.ts'
import { withEnding } from '../routes/ending.ts'
import { printTable } from '../routes/figures.ts'
import { startFront } from '../routes/front.ts'
import { newFolder, stop } from '../routes/processes.ts'

const SETTLE_MS = 15_000
const WATCH_MS = 45_000
/** What the kernel counts processor time in. */
const TICKS_A_SECOND = 100

/** What an agent takes while nothing happens: three apps that are checked, its certificate kept, the front told. */
export async function benchRest(): Promise<void> {
  await withEnding(async (ending) => {
    const front = await startFront(ending)
    const folder = newFolder(ending)
    await buildAgent(folder)
    const program = join(folder, 'cloudlunacy-agent.mjs')
    const [ingress, ...ports] = await freePorts(4)
    for (const port of ports) {
      const server = createServer((_, answer) => answer.end('hello')).listen(port, '127.0.0.1')
      ending.later(() => server.close())
    }
    const run = (...args: string[]) => execFileSync('node', [program, ...args], { cwd: folder, stdio: 'ignore' })
    run('init', '--front', `http://127.0.0.1:${front.apiPort}`, '--agent', 'vps-1', '--ingress-port', String(ingress))
    for (const port of ports) run('routes', 'add', `app-${port}`, String(port))
    const agent = spawn('node', [program, 'up'], { cwd: folder, stdio: 'ignore' })
    ending.later(() => stop(agent))
    await pause(SETTLE_MS)
    const before = used(agent.pid)
    await pause(WATCH_MS)
    const after = used(agent.pid)
    const share = (after.ticks - before.ticks) / TICKS_A_SECOND / (WATCH_MS / 1000)
    printTable(
      `an agent at rest with ${ports.length} apps, its checks through HAProxy and its ingress included`,
      ['', 'memory', 'at most', 'of a core'],
      [
        [
          'cloudlunacy-agent up',
          megabytes(after.kilobytes),
          megabytes(after.mostKilobytes),
          `${(share * 100).toFixed(2)} %`,
        ],
      ],
    )
  })
}

function used(pid: number | undefined) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  const [, , ...fields] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ')
  const [user = 0, system = 0] = [fields[9], fields[10]].map(Number)
  return { kilobytes: kilobytesOf('VmRSS'), mostKilobytes: kilobytesOf('VmHWM'), ticks: user + system }
}

const megabytes = (kilobytes: number) => `${(kilobytes / 1024).toFixed(0)} MB`
