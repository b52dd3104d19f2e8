import { withEnding } from './ending.ts'
import { count, median, ms, percentile, printTable, ratio, ratioByRound, say } from './figures.ts'
import { expectDone, fill, hostOf } from './fill.ts'
import { startFloor } from './floor.ts'
import { type Front, startFront } from './front.ts'
import { untilGood } from './http.ts'
import type { Options } from './options.ts'
import { withProfile } from './profile.ts'
import type { Site } from './site.ts'
import { openStore } from './store.ts'
import { startTargets } from './targets.ts'

const ROUNDS = 12
const A_ROUND = 25
/** Until the front's code is as fast as it gets. */
const WARM_UP = 16
const AGENT = 'vps-new'

interface Sample {
  /** Without anybody who asks HAProxy meanwhile. */
  aloneMs: number
  answeredMs: number
  liveMs: number
}

interface Contestant {
  name: string
  site: Site
  rounds: Sample[][]
}

/** From the POST of a route to its first good answer on a fresh connection, beside 0, 1,000, 10,000 others. */
export async function benchLive({ full, profile }: Options): Promise<void> {
  await withEnding(async (ending) => {
    const [target = 0] = await startTargets(ending, 1)
    const contestants: Contestant[] = [
      { name: 'a bare Node process with a Set (the floor)', site: await startFloor(ending), rounds: [] },
    ]
    const fronts: Front[] = []
    for (const routes of full ? [0, 1_000, 10_000, 100_000] : [0, 1_000, 10_000]) {
      const front = await startFront(ending)
      await fill(front, routes, [target])
      fronts.push(front)
      contestants.push({ name: `beside ${count(routes)} routes`, site: await siteOf(front), rounds: [] })
    }
    const commitsMs = await measure(contestants, target, openStore(ending))
    if (profile) await profileLast(fronts, contestants, target)
    report(contestants)
    printTable(
      'Of which the store: a bare commit of the same writes, on the same disk, in the same rounds',
      ['', 'p50', 'p99'],
      [['SQLite, synchronous=FULL', ms(median(commitsMs)), ms(percentile(commitsMs, 0.99))]],
    )
  })
}

export const siteOf = async (front: Front): Promise<Site> => ({
  httpPort: front.httpPort,
  agent: await front.agent(AGENT),
  admin: front.admin,
})

async function profileLast(fronts: Front[], contestants: Contestant[], target: number): Promise<void> {
  const [front, contestant] = [fronts.at(-1), contestants.at(-1)]
  if (!front || !contestant) return
  await withProfile(front.inspectPort, async () => {
    for (let round = 0; round < 4; round++) await oneRound(contestant, target, `profiled${round}`)
  })
}

async function measure(contestants: Contestant[], target: number, commit: () => Promise<number>): Promise<number[]> {
  const commitsMs: number[] = []
  for (const contestant of contestants) {
    for (let round = 0; round < WARM_UP; round++) await oneRound(contestant, target, `warm-up-${round}`)
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) contestant.rounds.push(await oneRound(contestant, target, `r${round}`))
    for (let i = 0; i < A_ROUND; i++) commitsMs.push(await commit())
  }
  return commitsMs
}

/** The routes go again, so that as many are there for each. */
async function oneRound({ site }: Contestant, target: number, prefix: string): Promise<Sample[]> {
  const subdomains = Array.from({ length: A_ROUND }, (_, i) => `${prefix}-${i}`)
  const samples: Sample[] = []
  for (const subdomain of subdomains) {
    const aloneMs = await timeToAnswer(site, `alone-${subdomain}`, target)
    samples.push({ aloneMs, ...(await timeToLive(site, subdomain, target)) })
  }
  const all = subdomains.flatMap((subdomain) => [subdomain, `alone-${subdomain}`])
  const remove = all.map((subdomain) => ({ type: 'http', agentId: AGENT, subdomain }))
  expectDone(await site.admin('POST', '/api/proxy/bulk', { remove }))
  return samples
}

async function timeToAnswer(site: Site, subdomain: string, target: number): Promise<number> {
  const body = { agentId: AGENT, subdomain, targetUrl: `http://127.0.0.1:${target}`, options: { check: false } }
  const startMs = performance.now()
  expectDone(await site.agent('POST', '/api/proxy/http', body))
  return performance.now() - startMs
}

/** HAProxy is asked without a pause from the moment that the POST is sent. */
export async function timeToLive(site: Site, subdomain: string, target: number): Promise<Omit<Sample, 'aloneMs'>> {
  const startMs = performance.now()
  const answered = timeToAnswer(site, subdomain, target)
  const [answeredMs, goodMs] = await Promise.all([answered, untilGood(site.httpPort, hostOf(subdomain))])
  return { answeredMs, liveMs: goodMs - startMs }
}

function report(contestants: Contestant[]): void {
  const liveOf = ({ rounds }: Contestant) => rounds.map((round) => round.map(({ liveMs }) => liveMs))
  const first = liveOf(contestants[1] as Contestant)
  printTable(
    `From the POST of a route to its first good answer (${ROUNDS * A_ROUND} each, in turn; wanted p50 ≤ 2.5 ms, p99 ≤ 10 ms, ratio ≤ 1.5)`,
    ['', 'alone p50', 'answer p50', 'live p50', 'live p99', 'ratio'],
    contestants.map((contestant) => {
      const live = liveOf(contestant).flat()
      const answered = contestant.rounds.flat().map(({ answeredMs }) => answeredMs)
      const alone = contestant.rounds.flat().map(({ aloneMs }) => aloneMs)
      const figures = [median(alone), median(answered), median(live), percentile(live, 0.99)].map(ms)
      return [contestant.name, ...figures, ratio(ratioByRound(liveOf(contestant), first))]
    }),
  )
  const early = contestants.flatMap(({ rounds }) => rounds.flat()).filter((each) => each.liveMs < each.answeredMs)
  say('  alone: the answer while nobody asks HAProxy; the asking itself takes processor time from the front')
  say(`  ${early.length} were live before their POST was answered\n`)
}
