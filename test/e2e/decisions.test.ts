import { expect, it, vi } from 'vitest'
import { ask } from '../support/ask.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { put, remove, startRoutedFront } from '../support/routed-front.ts'

const PATIENCE = { timeout: 20_000, interval: 50 }

/** What the contract decides, as far as it takes traffic to see it. One front for all of it. */
it('keeps the decisions of the contract under traffic', { timeout: 120_000 }, async () => {
  const routed = await startRoutedFront()
  const { agent, admin, hostOf, ports } = routed
  const target = await startNamedTarget('target')
  const seen = async (name: string, path = '/') => (await ask(ports.http, hostOf(name), { path })).status
  const said = async (name: string) => (await ask(ports.http, hostOf(name))).body

  // A plain route is live at once, by an entry of the running map; who waits hears of its backend.
  const plain = await put(agent, 'plain', target.url, { check: false })
  expect([plain.status, plain.applied.via]).toEqual(['live', 'runtime'])
  expect(plain.applied).toMatchObject({ why: expect.stringMatching(/\w/), steps: [{ step: 'runtime' }] })
  expect(await seen('plain')).toBe(200)
  const settled = await put(agent, 'checked', target.url, {}, { waitSeconds: 30 })
  expect([settled.status, settled.applied.via]).toEqual(['settled', 'reload'])

  // A write replaces all options: the restriction of before is gone.
  await put(agent, 'restricted', target.url, { allowFrom: ['192.0.2.1'] })
  expect(await seen('restricted')).toBe(403)
  await put(agent, 'restricted', target.url)
  expect(await seen('restricted')).toBe(200)

  // Hosts are compared in lower case, however a client writes them.
  expect((await ask(ports.http, hostOf('plain').toUpperCase())).status).toBe(200)
  expect(
    (await ask(ports.http, `bücher.${hostOf('plain')}`.normalize('NFD').replaceAll(/[^\x20-\x7e]/g, ''))).status,
  ).toBe(404)

  // A deletion without a prefix takes all routes of the host.
  await put(agent, 'paths', target.url, { check: false })
  await put(agent, 'paths', target.url, { check: false, pathPrefix: '/api' })
  expect([await seen('paths'), await seen('paths', '/api/x')]).toEqual([200, 200])
  await remove(agent, 'paths')
  expect([await seen('paths'), await seen('paths', '/api/x')]).toEqual([404, 404])

  // A target that fails its checks is degraded, and says so.
  const dead = await startNamedTarget('dead')
  await put(agent, 'dies', dead.url, { check: { path: '/', intervalSeconds: 1, fall: 1 } }, { waitSeconds: 30 })
  await dead.stop()
  await vi.waitFor(async () => expect(await statusOf('dies')).toBe('degraded'), PATIENCE)

  // Revoked: its tokens are refused at once, and what it serves goes on.
  const other = await routed.register('vps-2')
  await put(other, 'revoked', target.url, { check: false })
  expect((await admin.post('/api/agents/vps-2/revoke', {})).status).toBe(200)
  expect((await other.get('/api/proxy/agents/vps-2')).status).toBe(401)
  expect(await said('revoked')).toContain('target')

  // Suspended: its routes answer 503 from the answer on, and serve again when it is let in.
  expect((await admin.patch('/api/agents/vps-1', { suspended: true })).status).toBe(200)
  expect([await seen('plain'), await seen('checked')]).toEqual([503, 503])
  expect((await agent.get('/api/proxy/agents/vps-1')).status).toBe(403)
  expect(await seen('revoked')).toBe(200)
  expect((await admin.patch('/api/agents/vps-1', { suspended: false })).status).toBe(200)
  expect([await seen('plain'), await seen('checked')]).toEqual([200, 200])

  async function statusOf(name: string): Promise<string | undefined> {
    const { body } = await agent.get('/api/proxy/agents/vps-1')
    return (body.routes as { domain: string; status: string }[]).find(({ domain }) => domain === hostOf(name))?.status
  }
})
