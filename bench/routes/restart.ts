import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Ending, withEnding } from './ending.ts'
import { count, printTable, say, seconds } from './figures.ts'
import { fill, hostOf } from './fill.ts'
import { startFront } from './front.ts'
import { stop } from './processes.ts'
import { startTargets } from './targets.ts'

const ROUTES = 100_000
const TARGETS = 100

/** The front stops and comes back while HAProxy goes on: nobody who asks for a site should notice. */
export async function benchRestart(): Promise<void> {
  await withEnding(async (ending) => {
    const targets = await startTargets(ending, TARGETS)
    const front = await startFront(ending, { KEEP_HAPROXY: 'true' })
    await fill(front, ROUTES, targets)
    const rows: string[][] = []
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const traffic = await startTraffic(ending, front.httpPort)
      await front.stop(signal)
      const startMs = performance.now()
      await front.start()
      const readyMs = performance.now() - startMs
      const { requests, failures } = await traffic.stop()
      for (const failure of failures.slice(0, 3)) say(`  failed: ${failure}`)
      rows.push([`ended by ${signal}`, seconds(readyMs), count(requests), count(failures.length)])
    }
    printTable(
      'Restart of the front with 100,000 routes, HAProxy goes on (wanted: ready in 5 s, no failure)',
      ['', 'ready', 'requests', 'failed'],
      rows,
    )
  })
}

interface Tally {
  requests: number
  failures: string[]
}

async function startTraffic(ending: Ending, port: number): Promise<{ stop(): Promise<Tally> }> {
  const args = [String(port), String(ROUTES), hostOf('')]
  const child = fork(join(import.meta.dirname, 'traffic.ts'), args)
  ending.later(() => stop(child, 'SIGKILL'))
  await once(child, 'message')
  return {
    async stop() {
      child.send('stop')
      const [tally] = await once(child, 'message')
      return tally
    },
  }
}
