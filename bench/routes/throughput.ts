import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wrk } from '../wrk.ts'
import { withEnding } from './ending.ts'
import { count, median, printTable, ratio } from './figures.ts'
import { fill, hostOf, subdomainOf } from './fill.ts'
import { startFront } from './front.ts'
import { newFolder } from './processes.ts'
import { startTargets } from './targets.ts'

const ROUNDS = 5
const SECONDS_A_ROUND = 3

interface Contestant {
  name: string
  port: number
  script: string
  perSecond: number[]
}

/** Requests a second through HAProxy: few routes to few targets beside many to few and many to many, all in the lane. */
export async function benchThroughput(): Promise<void> {
  await withEnding(async (ending) => {
    const folder = newFolder(ending)
    const targets = await startTargets(ending, 1_000)
    const contestants: Contestant[] = []
    for (const [routes, howManyTargets] of [
      [10, 10],
      [10_000, 10],
      [10_000, 1_000],
    ] as const) {
      const front = await startFront(ending)
      await fill(front, routes, targets.slice(0, howManyTargets))
      const script = join(folder, `${routes}-${howManyTargets}.lua`)
      writeFileSync(script, scriptFor(routes))
      const name = `${count(routes)} routes to ${count(howManyTargets)} targets`
      contestants.push({ name, port: front.httpPort, script, perSecond: [] })
    }
    if (!(await measure(contestants))) return
    report(contestants)
  })
}

async function measure(contestants: Contestant[]): Promise<boolean> {
  for (let round = -1; round < ROUNDS; round++) {
    for (const { port, script, perSecond } of contestants) {
      const args = ['-s', script, `http://127.0.0.1:${port}/`]
      const requests = await wrk(args, { seconds: SECONDS_A_ROUND })
      if (requests === null) return false
      if (round >= 0) perSecond.push(requests)
    }
  }
  return true
}

/** Every request for another host, all of them made before the clock runs. */
const scriptFor = (routes: number) => `
local requests = {}
init = function()
  for i = 0, ${routes - 1} do
    requests[i] = "GET / HTTP/1.1\\r\\nHost: " .. string.gsub("${hostOf(subdomainOf(0))}", "0", tostring(i), 1) .. "\\r\\n\\r\\n"
  end
end
request = function()
  return requests[math.random(0, ${routes - 1})]
end
`

function report(contestants: Contestant[]): void {
  const first = contestants[0]?.perSecond ?? []
  printTable(
    'Requests a second through HAProxy, which shares two processors with wrk and the targets',
    ['', 'median', 'ratio'],
    contestants.map(({ name, perSecond }) => [
      name,
      count(median(perSecond)),
      ratio(median(perSecond.map((each, i) => each / (first[i] as number)))),
    ]),
  )
}
