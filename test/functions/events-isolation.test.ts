import fc from 'fast-check'
import { expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { type EventReader, readEvents } from '../support/event-reader.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const RUNS = process.env.FAULTS === 'full' ? 200 : 12
const AGENTS = 3

type Change =
  | { do: 'put'; agent: number; apps: number[]; port: number }
  | { do: 'remove'; agent: number; app: number }
  | { do: 'rename'; agent: number; name: number }
type Step = Change | { do: 'crash'; client: number; unseen: number; front: number }

const agent = fc.nat(AGENTS - 1)
const app = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    agent,
    apps: fc.uniqueArray(app, { minLength: 1 }),
    port: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constant('remove' as const), agent, app }),
  fc.record({ do: fc.constant('rename' as const), agent, name: fc.nat(5) }),
  fc.record({ do: fc.constant('crash' as const), client: fc.nat(AGENTS), unseen: fc.nat(4), front: fc.nat(1) }),
)

/** An agent with what it has, as the test knows it. */
interface Owner {
  agentId: string
  token: string
  apps: Map<string, string>
}

const hostOf = ({ agentId }: Owner, n: number) => `${agentId}-${n}.apps.example.com`
const targetOf = (port: number) => `http://203.0.113.7:${3_000 + port}`

/** What a change must be told as, in the order of one commit. */
function expectedOf(owner: Owner, change: Change): string[] {
  const { agentId, apps } = owner
  if (change.do === 'rename') return [`agent.changed ${agentId} n${change.name} `]
  if (change.do === 'remove') {
    const host = hostOf(owner, change.app)
    return apps.delete(host) ? [`route.removed ${agentId} ${host} `] : []
  }
  return [...change.apps].sort().flatMap((n) => {
    const [host, target] = [hostOf(owner, n), targetOf(change.port)]
    const before = apps.get(host)
    apps.set(host, target)
    if (before === target) return []
    return [`route.${before === undefined ? 'created' : 'changed'} ${agentId} ${host} ${target}`]
  })
}

async function perform(front: RoutesHarness, { agentId, token }: Owner, change: Change): Promise<void> {
  const call = (method: string, path: string, body: object) => front.call(method, path, { token, body })
  const subdomain = (n: number) => `${agentId}-${n}`
  if (change.do === 'rename') await call('PATCH', `/api/agents/${agentId}`, { agentName: `n${change.name}` })
  if (change.do === 'remove')
    await call('DELETE', '/api/proxy', { agentId, type: 'http', subdomain: subdomain(change.app) })
  if (change.do !== 'put') return
  const targetUrl = targetOf(change.port)
  const upsert = change.apps.map((n) => ({ type: 'http', agentId, subdomain: subdomain(n), targetUrl }))
  const { status } = await call('POST', '/api/proxy/bulk', { upsert })
  expect(status).toBe(200)
}

/** Reads, crashes without having looked at all that came, and goes on elsewhere. */
interface Client {
  crash(unseen: number, front: number): Promise<void>
  /** All that it has seen when the last event has come. */
  finish(isLast: (what: string) => boolean): Promise<{ id: string; what: string }[]>
}

const whatOf = ({ name, data }: EventReader['events'][number]) =>
  `${name} ${data.agentId} ${data.domain ?? data.agentName} ${data.targetUrl ?? ''}`

async function startClient(fronts: RoutesHarness[], token: string): Promise<Client> {
  const kept: { id: string; what: string }[] = []
  const open = async (from: string | null, front: number) => {
    const headers = { authorization: `Bearer ${token}`, ...(from && { 'last-event-id': from }) }
    const path = '/api/events?types=route,agent'
    const reader = readEvents(await (fronts[front] as RoutesHarness).app.request(path, { headers }))
    await reader.begun
    return reader
  }
  let reader = await open(null, 0)
  const begin = reader.lastEventId
  const keep = (unseen: number) => {
    const heard = reader.events.filter(({ id }) => id !== null)
    const seen = heard.slice(0, Math.max(0, heard.length - unseen))
    kept.push(...seen.map((event) => ({ id: event.id as string, what: whatOf(event) })))
  }
  return {
    async crash(unseen, front) {
      keep(unseen)
      await reader.close()
      reader = await open(kept.at(-1)?.id ?? begin, front)
    },
    async finish(isLast) {
      await reader.until((event) => isLast(whatOf(event)))
      keep(0)
      await reader.close()
      return kept
    },
  }
}

it('shows each agent exactly its own, in order, whenever and wherever it comes back', {
  timeout: 120_000,
}, async () => {
  const options = { kv: memoryKv(), newId: () => crypto.randomUUID() }
  const forgetful = { memory: { keptEvents: 3, headStartRevisions: 0 } }
  const fronts = [await routesHarness(options), await routesHarness({ ...options, events: forgetful })]
  let run = 0

  const attempt = async (steps: Step[]) => {
    run += 1
    const owners: Owner[] = []
    for (let n = 0; n < AGENTS; n++) {
      const agentId = `r${run}-a${n}`
      owners.push({ agentId, token: await (fronts[0] as RoutesHarness).agent(agentId), apps: new Map() })
    }
    const tokens = [...owners.map(({ token }) => token), ADMIN_TOKEN]
    const clients = await Promise.all(tokens.map((token) => startClient(fronts, token)))
    const expected: string[][] = tokens.map(() => [])
    const ends: Change[] = owners.map((_, n) => ({ do: 'rename', agent: n, name: 99 }))
    for (const [index, each] of [...steps, ...ends].entries()) {
      if (each.do === 'crash') await clients[each.client]?.crash(each.unseen, each.front)
      else {
        const owner = owners[each.agent] as Owner
        await perform(fronts[index % 2] as RoutesHarness, owner, each)
        const told = expectedOf(owner, each)
        expected[each.agent]?.push(...told)
        expected[AGENTS]?.push(...told)
      }
    }
    for (const [index, client] of clients.entries()) {
      const seen = await client.finish((what) => what === expected[index]?.at(-1))
      expect(seen.map(({ what }) => what)).toEqual(expected[index])
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), attempt), { numRuns: RUNS })
})
