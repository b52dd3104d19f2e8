import { Agent, request } from 'node:http'
import { withEnding } from './ending.ts'
import { median, ms, percentile, printTable } from './figures.ts'
import { expectDone, hostOf } from './fill.ts'
import { type Front, startFront } from './front.ts'
import { type Call, getOnce } from './http.ts'
import { startTargets } from './targets.ts'

const SAMPLES = 100
const WITH_RELOAD = 5
const AGENT = 'vps-1'

/** Whether a route that was deleted still answers, on a fresh connection and on one that was kept all the time. */
export async function benchDeletion(): Promise<void> {
  await withEnding(async (ending) => {
    const [target = 0] = await startTargets(ending, 1)
    const front = await startFront(ending, { SETTLE_INTERVAL_MS: '50' })
    const call = await front.agent(AGENT)
    const rows = [
      await measure('as it is', SAMPLES, (i) => deleteOne(front, call, `gone-${i}`, target)),
      await measure('the connection is an old worker’s', WITH_RELOAD, (i) =>
        deleteOne(front, call, `old-${i}`, target, () => reload(call, i, target)),
      ),
    ]
    printTable(
      'From the DELETE to its answer; requests after the answer that were still served (wanted: none)',
      ['', 'p50', 'p99', 'kept', 'fresh', 'of'],
      rows,
    )
  })
}

interface Deletion {
  tookMs: number
  keptStatus: number
  freshStatus: number
}

async function measure(name: string, samples: number, one: (i: number) => Promise<Deletion>): Promise<string[]> {
  const deletions: Deletion[] = []
  for (let i = 0; i < samples; i++) deletions.push(await one(i))
  const tookMs = deletions.map((each) => each.tookMs)
  const served = (key: 'keptStatus' | 'freshStatus') => String(deletions.filter((each) => each[key] === 200).length)
  const times = [median(tookMs), percentile(tookMs, 0.99)].map(ms)
  return [name, ...times, served('keptStatus'), served('freshStatus'), String(samples)]
}

async function deleteOne(
  front: Front,
  call: Call,
  subdomain: string,
  target: number,
  meanwhile?: () => Promise<void>,
): Promise<Deletion> {
  const body = { agentId: AGENT, subdomain, targetUrl: `http://127.0.0.1:${target}`, options: { check: false } }
  expectDone(await call('POST', '/api/proxy/http', body))
  const kept = keptConnection(front.httpPort, hostOf(subdomain))
  try {
    if ((await kept.get()) !== 200) throw new Error(`${subdomain} is not there although its POST was answered`)
    await meanwhile?.()
    const startMs = performance.now()
    expectDone(await call('DELETE', '/api/proxy', { agentId: AGENT, subdomain, type: 'http' }))
    const tookMs = performance.now() - startMs
    const keptStatus = await kept.get()
    return { tookMs, keptStatus, freshStatus: await getOnce(front.httpPort, hostOf(subdomain)) }
  } finally {
    kept.end()
  }
}

/** A checked route needs a backend of its own; its settling reloads HAProxy. */
async function reload(call: Call, i: number, target: number): Promise<void> {
  const body = { agentId: AGENT, subdomain: `checked-${i}`, targetUrl: `http://127.0.0.1:${target}` }
  expectDone(await call('POST', '/api/proxy/http', body, { prefer: 'wait=20' }))
}

function keptConnection(port: number, host: string): { get(): Promise<number>; end(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    get: () =>
      new Promise((resolve) => {
        const sent = request({ agent, port, host: '127.0.0.1', headers: { host } }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
        sent.on('error', () => resolve(0))
        sent.end()
      }),
    end: () => agent.destroy(),
  }
}
