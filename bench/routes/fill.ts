import { DOMAIN, type Front } from './front.ts'
import { type Answer, getOnce } from './http.ts'

const AGENTS = 20
const MOST_IN_ONE_CALL = 10_000

export const hostOf = (subdomain: string) => `${subdomain}.apps.${DOMAIN}`
export const subdomainOf = (i: number) => `site-${i}`
const agentOf = (i: number) => `vps-${i % AGENTS}`

export async function registerAgents(front: Front): Promise<void> {
  for (let i = 0; i < AGENTS; i++) await front.agent(agentOf(i))
}

/** What one POST /api/proxy/bulk takes: routes `from` to `to`, in turn to all targets. */
export function bulkOf(from: number, to: number, targets: number[], options: object = { check: false }): object {
  const upsert = Array.from({ length: to - from }, (_, n) => ({
    type: 'http',
    agentId: agentOf(from + n),
    subdomain: subdomainOf(from + n),
    targetUrl: `http://127.0.0.1:${targets[(from + n) % targets.length]}`,
    options,
  }))
  return { upsert }
}

/** So many plain routes, in calls of 10,000. */
export async function fill(front: Front, howMany: number, targets: number[]): Promise<void> {
  if (howMany > 0) await registerAgents(front)
  for (let from = 0; from < howMany; from += MOST_IN_ONE_CALL) {
    const to = Math.min(from + MOST_IN_ONE_CALL, howMany)
    expectDone(await front.admin('POST', '/api/proxy/bulk', bulkOf(from, to, targets)))
  }
}

export function expectDone({ status, text }: Answer): void {
  if (status !== 200 && status !== 201) throw new Error(`the front answered ${status}: ${text.slice(0, 500)}`)
}

/** How many of a random sample do not answer. */
export async function missingOf(front: Front, howMany: number, sample = 100): Promise<number> {
  let missing = 0
  for (let i = 0; i < sample; i++) {
    const host = hostOf(subdomainOf(Math.floor(Math.random() * howMany)))
    if ((await getOnce(front.httpPort, host)) !== 200) missing++
  }
  return missing
}
