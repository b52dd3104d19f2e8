import { withEnding } from './ending.ts'
import { median, ms, percentile, printTable } from './figures.ts'
import { expectDone } from './fill.ts'
import { type Front, startFront } from './front.ts'
import { siteOf, timeToLive } from './live.ts'
import { startTargets } from './targets.ts'

const SAMPLES = 200
const PAUSE_MS = 40

/** The same while routes with health checks come in all the time, each of which needs a backend and so a reload. */
export async function benchReloads(): Promise<void> {
  await withEnding(async (ending) => {
    const [target = 0] = await startTargets(ending, 1)
    // As often as it can, so that many of the samples meet a reload.
    const front = await startFront(ending, { SETTLE_INTERVAL_MS: '50' })
    const site = await siteOf(front)
    const before = await reloadsOf(front)
    const checked = addChecked(front, target)
    const samples = []
    for (let i = 0; i < SAMPLES; i++) {
      samples.push(await timeToLive(site, `plain-${i}`, target))
      // Without a pause the samples would be over before a few reloads are.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    await checked.stop()
    const reloads = (await reloadsOf(front)) - before
    const live = samples.map(({ liveMs }) => liveMs)
    const answered = samples.map(({ answeredMs }) => answeredMs)
    printTable(
      `The same while checked routes are added all the time (${reloads} reloads during ${SAMPLES} samples)`,
      ['', 'answer p50', 'live p50', 'live p99', 'worst'],
      [
        [
          'settling every 50 ms',
          ...[median(answered), median(live), percentile(live, 0.99), Math.max(...live)].map(ms),
        ],
      ],
    )
  })
}

function addChecked(front: Front, target: number): { stop(): Promise<void> } {
  let isOver = false
  const adding = (async () => {
    const call = await front.agent('vps-checked')
    for (let i = 0; !isOver; i++) {
      const body = { agentId: 'vps-checked', subdomain: `checked-${i}`, targetUrl: `http://127.0.0.1:${target}` }
      expectDone(await call('POST', '/api/proxy/http', body))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  })()
  return {
    stop() {
      isOver = true
      return adding
    },
  }
}

async function reloadsOf(front: Front): Promise<number> {
  const { text } = await front.admin('GET', '/api/nodes')
  const { nodes = [] } = JSON.parse(text) as { nodes?: { reloads: number }[] }
  return nodes.reduce((sum, { reloads }) => sum + reloads, 0)
}
