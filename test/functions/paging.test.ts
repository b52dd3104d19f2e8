import { expect, it } from 'vitest'
import { ADMIN_TOKEN } from '../harness.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const target = 'http://203.0.113.7:3000'
const pad = (i: number) => String(i).padStart(3, '0')

async function withRoutes(count: number): Promise<RoutesHarness & { token: string }> {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  const upsert = Array.from({ length: count }, (_, i) => ({
    type: 'http',
    agentId: 'vps-1',
    subdomain: `site-${pad(i)}`,
    targetUrl: target,
  }))
  await front.call('POST', '/api/proxy/bulk', { token, body: { upsert } })
  return { ...front, token }
}

/** What all pages together hold, with something done between any two. */
async function follow(front: RoutesHarness, path: string, list: string, between: (page: number) => Promise<unknown>) {
  const found: Record<string, unknown>[] = []
  let [cursor, pages]: [string | null, number] = ['', 0]
  while (cursor !== null) {
    const { status, body } = await front.call('GET', `${path}?limit=7&cursor=${cursor}`, { token: ADMIN_TOKEN })
    expect(status).toBe(200)
    found.push(...body[list])
    cursor = body.cursor
    await between(++pages)
  }
  return { found, pages }
}

it.each(['/api/proxy', '/api/proxy/agents/vps-1'])('%s misses nothing that stood all the time', async (path) => {
  const front = await withRoutes(40)
  const { found, pages } = await follow(front, path, 'routes', async (page) => {
    const fresh = { agentId: 'vps-1', subdomain: `site-${pad(page * 5)}-new`, targetUrl: target }
    expect((await front.http(front.token, fresh)).status).toBe(201)
    const gone = { agentId: 'vps-1', type: 'http', subdomain: `site-${pad(page * 6)}` }
    expect((await front.remove(front.token, gone)).status).toBe(200)
  })
  const domains = found.map(({ domain }) => domain)
  expect(new Set(domains).size).toBe(domains.length)
  const removed = new Set(Array.from({ length: pages }, (_, i) => (i + 1) * 6))
  for (let i = 0; i < 40; i++) if (!removed.has(i)) expect(domains).toContain(`site-${pad(i)}.apps.example.com`)
})

it.each([
  ['/api/agents', 'agents'],
  ['/api/audit', 'entries'],
  ['/api/tokens', 'tokens'],
  ['/api/certificates', 'certificates'],
])('%s comes in pages', async (path, list) => {
  const front = await routesHarness()
  for (let i = 0; i < 9; i++) {
    const token = await front.agent(`vps-${i}`)
    await front.call('GET', `/api/config/vps-${i}`, { token })
    await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'read-only' } })
  }
  const all = (await front.call('GET', path, { token: ADMIN_TOKEN })).body[list]
  const { found, pages } = await follow(front, path, list, async () => undefined)
  expect([found, pages > 1]).toEqual([all, true])
})

it.each(['/api/proxy', '/api/proxy/agents/vps-1', '/api/agents', '/api/audit', '/api/tokens', '/api/certificates'])(
  '%s takes only a cursor of its own',
  async (path) => {
    const front = await withRoutes(3)
    const page = await front.call('GET', '/api/proxy/agents/vps-1?limit=1', { token: ADMIN_TOKEN })
    const ofAnother = await front.agent('vps-2')
    await front.http(ofAnother, { agentId: 'vps-2', subdomain: 'b', targetUrl: target })
    for (const cursor of ['x', 'AAAA', btoa('routes'), btoa('nothing x'), `${page.body.cursor}!`, 'é', '%00']) {
      const { status, body } = await front.call('GET', `${path}?cursor=${cursor}`, { token: ADMIN_TOKEN })
      expect([cursor, status, body.code]).toEqual([cursor, 400, 'INVALID_INPUT'])
      expect(body.error).toContain('cursor')
    }
    const foreign = path.endsWith('/vps-1') ? '/api/proxy/agents/vps-2' : path
    const { status } = await front.call('GET', `${foreign}?cursor=${page.body.cursor}`, { token: ADMIN_TOKEN })
    expect(status).toBe(400)
  },
)

it('gives all of an agent’s routes where no limit is given, and says no cursor', async () => {
  const front = await withRoutes(12)
  const { body } = await front.call('GET', '/api/proxy/agents/vps-1', { token: front.token })
  expect([body.routes.length, Object.keys(body)]).toEqual([12, ['success', 'agentId', 'routes']])
})
