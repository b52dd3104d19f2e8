import { withEnding } from './ending.ts'
import { printTable, seconds } from './figures.ts'
import { bulkOf, expectDone, hostOf, missingOf, registerAgents, subdomainOf } from './fill.ts'
import { type Front, startFront } from './front.ts'
import { untilGood } from './http.ts'
import type { Options } from './options.ts'
import { withProfile } from './profile.ts'
import { startTargets } from './targets.ts'

const A_CALL = 10_000
const TARGETS = 100

/** Many routes at once, until the last one and a random sample answer. */
export async function benchBulk({ profile }: Options): Promise<void> {
  await withEnding(async (ending) => {
    const targets = await startTargets(ending, TARGETS)
    const rows: string[][] = []
    for (const calls of [1, 10]) {
      const front = await startFront(ending)
      await registerAgents(front)
      const load = () => loadPlain(front, calls, targets)
      rows.push(await (profile ? withProfile(front.inspectPort, load) : load()))
      await front.stop()
    }
    printTable(
      'Plain routes by POST /api/proxy/bulk (wanted: 10,000 in 0.5 s, 100,000 in 3 s)',
      ['', 'answered', 'last is live', 'missing/100'],
      rows,
    )
  })
}

async function loadPlain(front: Front, calls: number, targets: number[]): Promise<string[]> {
  const bodies = Array.from({ length: calls }, (_, i) => bulkOf(i * A_CALL, (i + 1) * A_CALL, targets))
  const lastHost = hostOf(subdomainOf(calls * A_CALL - 1))
  const startMs = performance.now()
  const live = untilGood(front.httpPort, lastHost, { pauseMs: 5 })
  for (const body of bodies) expectDone(await front.admin('POST', '/api/proxy/bulk', body))
  const answeredMs = performance.now() - startMs
  const missing = await missingOf(front, calls * A_CALL)
  const liveMs = (await live) - startMs
  const name = `${(calls * A_CALL).toLocaleString('en-US')} routes in ${calls} ${calls === 1 ? 'call' : 'calls'}`
  return [name, seconds(answeredMs), seconds(liveMs), String(missing)]
}

/** Many routes with health checks: live through the lane first, settled when the backend of each stands. */
export async function benchSettling({ full, profile }: Options): Promise<void> {
  await withEnding(async (ending) => {
    const targets = await startTargets(ending, TARGETS)
    const rows: string[][] = []
    for (const routes of full ? [1_000, 10_000] : [1_000]) {
      const front = await startFront(ending)
      await registerAgents(front)
      const settle = () => loadChecked(front, routes, targets)
      rows.push(await (profile ? withProfile(front.inspectPort, settle) : settle()))
      await front.stop()
    }
    printTable('Checked routes in one call', ['', 'last is live', 'all settled', 'status'], rows)
  })
}

async function loadChecked(front: Front, routes: number, targets: number[]): Promise<string[]> {
  const body = bulkOf(0, routes, targets, { check: true })
  const startMs = performance.now()
  const live = untilGood(front.httpPort, hostOf(subdomainOf(routes - 1)), { pauseMs: 5 })
  const answer = await front.admin('POST', '/api/proxy/bulk', body, { prefer: 'wait=100' })
  const settledMs = performance.now() - startMs
  expectDone(answer)
  const { status = '?' } = JSON.parse(answer.text) as { status?: string }
  return [
    `${routes.toLocaleString('en-US')} checked routes`,
    seconds((await live) - startMs),
    seconds(settledMs),
    status,
  ]
}
