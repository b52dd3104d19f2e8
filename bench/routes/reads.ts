import { withEnding } from './ending.ts'
import { count, median, ms, percentile, printTable } from './figures.ts'
import { expectDone, fill } from './fill.ts'
import { startFront } from './front.ts'
import type { Call } from './http.ts'
import type { Options } from './options.ts'
import { withProfile } from './profile.ts'
import { startTargets } from './targets.ts'

const ROUTES = 10_000
const WARM_UP = 100
const PAGES = 500
const SINGLES = 5_000

/** Reads beside 10,000 routes, one after the other over one connection, while nothing else runs. */
export async function benchReads({ profile }: Options): Promise<void> {
  await withEnding(async (ending) => {
    const [target = 0] = await startTargets(ending, 1)
    const front = await startFront(ending)
    await fill(front, ROUTES, [target])
    const ids = await allIds(front.admin)
    const pathOf = (i: number) => `/api/proxy/routes/${ids[(i * 7_919) % ids.length]}`
    const single = await measure(front.admin, SINGLES, pathOf)
    const pages100 = await measurePages(front.admin, 100)
    const pages1000 = await measurePages(front.admin, 1_000)
    await front.stop('SIGKILL')
    await front.start()
    const cold = await measure(front.admin, SINGLES, pathOf, 0)
    printTable(
      `Reads beside ${count(ROUTES)} routes, over a socket (wanted p99: one route ≤ 3 ms, a page ≤ 20 ms)`,
      ['', 'p50', 'p99', 'longest'],
      [
        ['one route', ...figures(single)],
        ['one route, after a start of the front', ...figures(cold)],
        ['a page of 100', ...figures(pages100)],
        ['a page of 1,000', ...figures(pages1000)],
      ],
    )
    if (profile) await withProfile(front.inspectPort, () => measurePages(front.admin, 1_000))
  })
}

const figures = (values: number[]) => [median(values), percentile(values, 0.99), Math.max(...values)].map(ms)

async function allIds(call: Call): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await pageAt(call, 1_000, cursor)
    ids.push(...page.routes.map(({ id }) => id))
    cursor = page.cursor
  }
  return ids
}

async function measure(call: Call, times: number, path: (i: number) => string, warmUp = WARM_UP): Promise<number[]> {
  const tookMs: number[] = []
  for (let i = -warmUp; i < times; i++) {
    const startMs = performance.now()
    expectDone(await call('GET', path(Math.abs(i))))
    if (i >= 0) tookMs.push(performance.now() - startMs)
  }
  return tookMs
}

/** From the first page to the last, again and again. */
async function measurePages(call: Call, limit: number): Promise<number[]> {
  const tookMs: number[] = []
  for (let cursor = ''; tookMs.length < PAGES + WARM_UP; ) {
    const startMs = performance.now()
    const answer = await call('GET', `/api/proxy?limit=${limit}&cursor=${cursor}`)
    tookMs.push(performance.now() - startMs)
    cursor = (JSON.parse(answer.text) as Page).cursor ?? ''
  }
  return tookMs.slice(WARM_UP)
}

interface Page {
  routes: { id: string }[]
  cursor: string | null
}

async function pageAt(call: Call, limit: number, cursor: string): Promise<Page> {
  const answer = await call('GET', `/api/proxy?limit=${limit}&cursor=${cursor}`)
  expectDone(answer)
  return JSON.parse(answer.text) as Page
}
