import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Ending, withEnding } from './routes/ending.ts'
import { count, median, ms, printTable, ratio, ratioByRound } from './routes/figures.ts'
import { type Front, startFront } from './routes/front.ts'
import { type Call, keptCalls } from './routes/http.ts'
import { inspect } from './routes/inspector.ts'

const READERS = 1_000
const WRITERS = 8
const WRITES_A_ROUND = 400
const ROUNDS = 9

/** What readers of events cost those who write: two fronts side by side, one with a thousand readers. */
export async function run(_: string[], part: string | null): Promise<void> {
  if (part === null || part === 'own') await withEnding((ending) => measure(ending, 'own'))
  if (part === null || part === 'all') await withEnding((ending) => measure(ending, 'all'))
}

async function measure(ending: Ending, reads: 'own' | 'all'): Promise<void> {
  const [quiet, busy] = [await startFront(ending), await startFront(ending)]
  const agentIds = Array.from({ length: READERS }, (_, n) => `agent-${n}`)
  const [, tokens] = await Promise.all([quiet, busy].map((front) => register(front, agentIds)))
  const fronts = [quiet, busy].map((front) => ({ front, writers: writersOf(front), took: [] as number[][] }))
  for (const { writers } of fronts) await writeRound(writers, 0)

  const before = await memory(busy)
  const readers = await startReaders(
    ending,
    busy,
    reads === 'own' ? (tokens as string[]) : agentIds.map(() => ADMIN_TOKEN),
  )
  const opened = await memory(busy)
  let most = opened
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { writers, took } of fronts) took.push(await writeRound(writers, round))
    most = Math.max(most, await memory(busy))
  }
  const read = await counted(readers)
  const [without, withReaders] = fronts.map(({ took }) => took) as [number[][], number[][]]
  const title = reads === 'own' ? 'agents that read their own' : 'administrators that read everything'
  printTable(
    `${count(READERS)} ${title}; ${count(WRITES_A_ROUND)} writes of routes a round, ${WRITERS} at a time`,
    ['', 'a write', 'beside'],
    [
      ['no readers', ms(median(without.flat())), ratio(1)],
      ['with readers', ms(median(withReaders.flat())), ratio(ratioByRound(withReaders, without))],
    ],
  )
  const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`
  printTable(
    'the front’s memory, and what was read',
    ['', 'before', 'all open', 'most', 'events', 'ended'],
    [['with readers', mb(before), mb(opened), mb(most), count(read.events), count(read.ended)]],
  )
}

const ADMIN_TOKEN = 'admin-token-of-the-benchmark'

async function register(front: Front, agentIds: string[]): Promise<string[]> {
  const call = keptCalls(front.apiPort)
  const tokens: string[] = []
  for (const agentId of agentIds) {
    const body = { agentId, agentKey: Buffer.from(agentId.padEnd(32, '-')).toString('hex'), targetIp: '127.0.0.1' }
    const { status, text } = await call('POST', '/api/agents/register', body)
    if (status !== 201) throw new Error(`${agentId} was not registered: ${status} ${text}`)
    tokens.push((JSON.parse(text) as { token: string }).token)
  }
  return tokens
}

const writersOf = ({ apiPort }: Front): Call[] =>
  Array.from({ length: WRITERS }, () => keptCalls(apiPort, { authorization: `Bearer ${ADMIN_TOKEN}` }))

/** Gives how long each write took. */
async function writeRound(writers: Call[], round: number): Promise<number[]> {
  const took: number[] = []
  let next = 0
  const write = async (call: Call) => {
    for (let n = next++; n < WRITES_A_ROUND; n = next++) {
      const agentId = `agent-${(n * 7) % READERS}`
      const targetUrl = `http://127.0.0.1:${20_000 + round}`
      const startMs = performance.now()
      const body = { agentId, subdomain: `app-${n}`, targetUrl, options: { check: false } }
      const { status, text } = await call('POST', '/api/proxy/http', body)
      if (status > 202) throw new Error(`a write was answered ${status}: ${text}`)
      took.push(performance.now() - startMs)
    }
  }
  await Promise.all(writers.map(write))
  return took
}

async function startReaders(ending: Ending, { apiPort }: Front, tokens: string[]): Promise<ChildProcess> {
  const child = fork('bench/event-readers.ts', [String(apiPort)])
  ending.later(() => void child.kill('SIGKILL'))
  child.send(tokens)
  await once(child, 'message')
  return child
}

async function counted(readers: ChildProcess): Promise<{ events: number; bytes: number; ended: number }> {
  readers.send('count')
  const [counts] = await once(readers, 'message')
  return counts
}

async function memory({ inspectPort }: Front): Promise<number> {
  const inspector = await inspect(inspectPort)
  try {
    return await inspector.evaluate<number>('process.memoryUsage().rss')
  } finally {
    inspector.close()
  }
}
