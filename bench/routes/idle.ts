import { withEnding } from './ending.ts'
import { median, ms, printTable } from './figures.ts'
import { fill } from './fill.ts'
import { type Front, startFront } from './front.ts'
import { type Inspector, inspect } from './inspector.ts'
import type { Options } from './options.ts'
import { withProfile } from './profile.ts'
import { startTargets } from './targets.ts'

const ROUTES = 100_000
const PASS_EVERY_MS = 500
const SECONDS = { short: 15, full: 75 }

/** What the front costs while nothing happens: processor time of a reconciler's pass, and memory of a route. */
export async function benchIdle({ full, profile }: Options): Promise<void> {
  await withEnding(async (ending) => {
    const targets = await startTargets(ending, 10)
    const front = await startFront(ending, { RECONCILE_INTERVAL_MS: String(PASS_EVERY_MS) })
    const empty = await looked(front, heapBytes)
    await fill(front, ROUTES, targets)
    const filled = await looked(front, heapBytes)
    const watch = () => looked(front, (inspector) => cpuSamples(inspector, full ? SECONDS.full : SECONDS.short))
    const samples = await (profile ? withProfile(front.inspectPort, watch) : watch())
    const passes = 1_000 / PASS_EVERY_MS
    printTable(
      'The front at rest with 100,000 routes (wanted: 20 ms a pass, 2 kB a route)',
      ['', 'median', 'worst second'],
      [['processor time for a pass', ms(median(samples) / passes), ms(Math.max(...samples))]],
    )
    printTable(
      'Memory after a collection',
      ['', 'no routes', '100,000', 'a route'],
      [
        ['heap', megabytes(empty.heap), megabytes(filled.heap), bytes((filled.heap - empty.heap) / ROUTES)],
        ['resident', megabytes(empty.rss), megabytes(filled.rss), bytes((filled.rss - empty.rss) / ROUTES)],
      ],
    )
  })
}

async function looked<T>(front: Front, look: (inspector: Inspector) => Promise<T>): Promise<T> {
  const inspector = await inspect(front.inspectPort)
  try {
    return await look(inspector)
  } finally {
    inspector.close()
  }
}

async function heapBytes(inspector: Inspector): Promise<{ heap: number; rss: number }> {
  // What is only weakly held, or has to be finalized, goes with the second.
  for (let i = 0; i < 2; i++) await inspector.send('HeapProfiler.collectGarbage')
  const { heapUsed, external, rss } = await inspector.evaluate<NodeJS.MemoryUsage>('process.memoryUsage()')
  return { heap: heapUsed + external, rss }
}

/** Milliseconds of processor time, second by second. */
async function cpuSamples(inspector: Inspector, howMany: number): Promise<number[]> {
  const usedMs = () => inspector.evaluate<number>('(({user, system}) => (user + system) / 1000)(process.cpuUsage())')
  const samples: number[] = []
  // The first ones still see what the filling left behind.
  for (let i = -3; i < howMany; i++) {
    const before = await usedMs()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    if (i >= 0) samples.push((await usedMs()) - before)
  }
  return samples
}

const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`
const bytes = (value: number) => `${value.toFixed(0)} B`
