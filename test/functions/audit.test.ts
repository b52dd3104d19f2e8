import { expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness, SETTINGS } from '../harness.ts'

const AGENT = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }

const entriesOf = async (front: Harness, query = '') =>
  (await front.call('GET', `/api/audit${query}`, { token: ADMIN_TOKEN })).body

it('tells who did what, when, from where, newest first', async () => {
  const front = await harness()
  const home = { 'x-test-address': '203.0.113.7', 'x-request-id': 'the-request-of-the-agent' }
  const { token } = (
    await front.call('POST', '/api/agents/register', { body: AGENT, token: ENROLLMENT_TOKEN, headers: home })
  ).body
  front.clock.nowMs += 1_000
  await front.call('PATCH', '/api/agents/vps-1', { body: { agentName: 'New' }, token, headers: home })
  front.clock.nowMs += 1_000
  await front.call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN })
  front.clock.nowMs += 1_000
  await front.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })

  const { entries } = await entriesOf(front)
  const told = entries.map(({ at, actor, action, target, address }: Record<string, string>) => [
    at,
    actor,
    action,
    target,
    address,
  ])
  expect(told.filter(([, actor]: string[]) => actor !== 'front')).toEqual([
    ['2030-01-01T00:00:03.000Z', 'admin the first admin token', 'agent.remove', 'vps-1', '192.0.2.1'],
    ['2030-01-01T00:00:02.000Z', 'admin the first admin token', 'agent.revoke', 'vps-1', '192.0.2.1'],
    ['2030-01-01T00:00:01.000Z', 'agent vps-1', 'agent.update', 'vps-1', '203.0.113.7'],
    ['2030-01-01T00:00:00.000Z', 'nobody', 'agent.register', 'vps-1', '203.0.113.7'],
  ])
  const update = entries.find(({ action }: { action: string }) => action === 'agent.update')
  expect(update).toMatchObject({ outcome: 'done', requestId: 'the-request-of-the-agent' })
})

it('comes in pages, each entry once', async () => {
  const front = await harness()
  for (let i = 0; i < 7; i++) {
    front.clock.nowMs += 1
    await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'metrics' } })
  }
  const all = (await entriesOf(front, '?limit=1000')).entries
  const paged: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await entriesOf(front, `?limit=3&cursor=${cursor}`)
    paged.push(...page.entries)
    cursor = page.cursor
  }
  expect(all.length).toBeGreaterThanOrEqual(7)
  expect(paged).toEqual(all)
})

it('is forgotten when it is older than it is kept', async () => {
  const front = await harness({ settings: { ...SETTINGS, auditDays: 30 } })
  await front.call('POST', '/api/agents/register', { body: AGENT, token: ENROLLMENT_TOKEN })
  front.clock.nowMs += 29 * 86_400_000
  await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'metrics' } })
  await front.maintain()
  const actions = async () => (await entriesOf(front)).entries.map(({ action }: { action: string }) => action)
  expect(await actions()).toEqual(expect.arrayContaining(['agent.register', 'token.create']))
  front.clock.nowMs += 2 * 86_400_000
  await front.maintain()
  expect(await actions()).toContain('token.create')
  expect(await actions()).not.toContain('agent.register')
})

it('is not written for what did not happen', async () => {
  const front = await harness()
  const before = (await entriesOf(front)).entries
  await front.call('POST', '/api/agents/register', { body: { ...AGENT, targetIp: 'nowhere' }, token: ENROLLMENT_TOKEN })
  await front.call('POST', '/api/agents/register', { body: AGENT, token: 'no-such-token' })
  await front.call('DELETE', '/api/agents/nobody', { token: ADMIN_TOKEN })
  expect((await entriesOf(front)).entries).toEqual(before)
})

it('tells of somebody known who tried what is not theirs, and cannot be filled with that', async () => {
  const front = await harness()
  const { token } = (await front.call('POST', '/api/agents/register', { body: AGENT, token: ENROLLMENT_TOKEN })).body
  for (let i = 0; i < 50; i++) await front.call('DELETE', `/api/agents/vps-${i + 2}`, { token })
  const refused = (await entriesOf(front)).entries.filter(({ outcome }: { outcome: string }) => outcome === 'refused')
  expect(refused).toHaveLength(10)
  expect(refused[0]).toMatchObject({
    actor: 'agent vps-1',
    action: 'call',
    target: expect.stringMatching(/^DELETE \/api\/agents\/vps-/),
  })
})
