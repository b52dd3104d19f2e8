import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { withEnding } from './routes/ending.ts'
import { printTable } from './routes/figures.ts'
import { fill, missingOf } from './routes/fill.ts'
import { ADMIN_TOKEN, type Front, startFront } from './routes/front.ts'
import { inspect } from './routes/inspector.ts'
import { newFolder } from './routes/processes.ts'
import { startTargets } from './routes/targets.ts'

const ROUTES = 100_000
const PASSPHRASE = 'the passphrase of this benchmark'
const SAMPLE_EVERY_MS = 20

/** How long an export of 100,000 routes takes, and an import into a fresh front; what memory, and whether others wait. */
export async function run(): Promise<void> {
  await withEnding(async (ending) => {
    const targets = await startTargets(ending, 10)
    const file = join(newFolder(ending), 'front.json')
    const old = await startFront(ending)
    await fill(old, ROUTES, targets)
    const exported = await observed(old, () => exportTo(old, file))
    await old.stop('SIGKILL')

    const fresh = await startFront(ending)
    const imported = await observed(fresh, () => importFrom(fresh, file))
    const live = await observed(fresh, () => untilAllAnswer(fresh))
    printTable(
      `${ROUTES} routes, ${(statSync(file).size / 1e6).toFixed(1)} MB`,
      ['', 'time', 'memory before', 'most memory', 'longest wait of another call'],
      [row('export', exported), row('import', imported), row('all routes answer', live)],
    )
  })
}

interface Observed {
  ms: number
  beforeBytes: number
  mostBytes: number
  longestWaitMs: number
}

const row = (name: string, { ms, beforeBytes, mostBytes, longestWaitMs }: Observed) => [
  name,
  `${(ms / 1_000).toFixed(1)} s`,
  `${(beforeBytes / 1e6).toFixed(0)} MB`,
  `${(mostBytes / 1e6).toFixed(0)} MB`,
  `${longestWaitMs.toFixed(0)} ms`,
]

async function observed(front: Front, work: () => Promise<void>): Promise<Observed> {
  const inspector = await inspect(front.inspectPort)
  const rss = () => inspector.evaluate<number>('process.memoryUsage().rss')
  for (let i = 0; i < 2; i++) await inspector.send('HeapProfiler.collectGarbage')
  const beforeBytes = await rss()
  let [mostBytes, longestWaitMs, isOver] = [beforeBytes, 0, false]
  const watch = async () => {
    while (!isOver) {
      const askedMs = performance.now()
      mostBytes = Math.max(mostBytes, await rss())
      longestWaitMs = Math.max(longestWaitMs, performance.now() - askedMs)
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS))
    }
  }
  const watching = watch()
  const startMs = performance.now()
  await work()
  const ms = performance.now() - startMs
  isOver = true
  await watching
  inspector.close()
  return { ms, beforeBytes, mostBytes, longestWaitMs }
}

const HEADERS = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }

async function exportTo({ apiPort }: Front, file: string): Promise<void> {
  const body = JSON.stringify({ passphrase: PASSPHRASE })
  const answer = await fetch(`http://127.0.0.1:${apiPort}/api/export`, { method: 'POST', headers: HEADERS, body })
  if (!answer.ok || !answer.body) throw new Error(`the export answered ${answer.status}: ${await answer.text()}`)
  await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(file))
}

async function importFrom({ apiPort }: Front, file: string): Promise<void> {
  async function* body() {
    yield Buffer.from(`{"passphrase":"${PASSPHRASE}","document":`)
    yield* createReadStream(file)
    yield Buffer.from('}')
  }
  const options = { method: 'POST', headers: HEADERS, body: Readable.toWeb(Readable.from(body())), duplex: 'half' }
  const answer = await fetch(`http://127.0.0.1:${apiPort}/api/import`, options as RequestInit)
  if (!answer.ok) throw new Error(`the import answered ${answer.status}: ${await answer.text()}`)
}

async function untilAllAnswer(front: Front): Promise<void> {
  while ((await missingOf(front, ROUTES)) > 0) await new Promise((resolve) => setTimeout(resolve, 100))
}
