import { expect, it, vi } from 'vitest'
import {
  COUNTING_AGENT,
  counterTarget,
  hasWorked,
  KINDS,
  makeCounters,
  runMixedWriters,
} from '../support/mixed-writers.ts'
import { type RoutedFront, startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const SECONDS = FULL ? 60 : 4
const WRITERS = FULL ? 200 : 50
const AGENTS = 8
const PATIENCE = { timeout: 60_000, interval: 250 }

interface ListedRoute {
  id: string
  agentId: string
  domain: string
  targetUrl: string
  status: string
}

it(`${WRITERS} writers of all kinds for ${SECONDS} s lose nothing, and HAProxy says what the store says`, {
  timeout: 300_000,
}, async () => {
  const routed = await startRoutedFront({ AGENT_WRITES_PER_MINUTE: '10000000', SETTLE_INTERVAL_MS: '500' })
  const agents = await registered(routed)
  const site = { url: routed.front().url, agents, adminToken: routed.env.ADMIN_TOKEN ?? '' }
  await makeCounters(site)

  const outcome = await runMixedWriters({ ...site, writers: WRITERS, durationMs: SECONDS * 1_000 })
  const { counts, wrong, raised } = outcome
  if (FULL) process.stdout.write(`${JSON.stringify(Object.fromEntries([...counts].sort()))}\n`)
  expect(wrong).toEqual([])
  expect(KINDS.filter((kind) => !hasWorked(outcome, kind))).toEqual([])

  const { status } = await routed.admin.patch('/api/agents/vps-1', { suspended: false })
  expect(status).toBe(200)
  const routes = await allRoutes(routed)
  expectOneOwnerEach(routes)
  expectCounted(routes, raised)
  await vi.waitFor(() => expectMaps(routed, routes), PATIENCE)
})

async function registered(routed: RoutedFront): Promise<Map<string, string>> {
  const agents = new Map<string, string>()
  for (let i = 0; i < AGENTS; i++) agents.set(`vps-${i}`, (await routed.register(`vps-${i}`)).token ?? '')
  return agents
}

async function allRoutes({ admin }: RoutedFront): Promise<ListedRoute[]> {
  const routes: ListedRoute[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await admin.get(`/api/proxy?limit=100&cursor=${cursor}`)
    routes.push(...(body.routes as ListedRoute[]))
    cursor = body.cursor as string | null
  }
  return routes
}

function expectOneOwnerEach(routes: ListedRoute[]): void {
  expect(new Set(routes.map(({ domain }) => domain)).size).toBe(routes.length)
  expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length)
}

/** A counter says how often it was raised: no write was lost, and none was done that was refused. */
function expectCounted(routes: ListedRoute[], raised: Map<string, number>): void {
  for (const [name, count] of raised) {
    const found = routes.find(({ agentId, domain }) => agentId === COUNTING_AGENT && domain.startsWith(`${name}.`))
    expect([name, found?.targetUrl]).toEqual([name, counterTarget(count)])
  }
  expect(raised.size).toBeGreaterThan(0)
}

/** Every entry of the running HAProxy is one of the store, to address and port, and the other way round. */
async function expectMaps({ haproxy }: RoutedFront, routes: ListedRoute[]): Promise<void> {
  const running = [...(await haproxy.map('hosts.map'))].map(([host, value]) => {
    const [, address, port] = value.split('|')
    return `${host} ${address}:${port}`
  })
  expect(running.sort()).toEqual(routes.map(({ domain, targetUrl }) => `${domain} ${new URL(targetUrl).host}`).sort())
}
