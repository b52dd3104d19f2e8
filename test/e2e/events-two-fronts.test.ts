import { expect, it, onTestFinished } from 'vitest'
import { describeEtcd } from '../support/describe-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { type EventReader, readEvents } from '../support/event-reader.ts'
import { type FrontProcess, startFront } from '../support/front-process.ts'

const SECRET_KEY = 'the-same-secret-key-for-both-fronts'
const ADMIN_TOKEN = 'the-admin-token-of-both-fronts'
const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` }

async function open({ url }: FrontProcess, from: string | null = null): Promise<EventReader> {
  const headers = { ...AUTHORIZED, ...(from !== null && { 'last-event-id': from }) }
  const reader = readEvents(await fetch(`${url}/api/events?types=agent`, { headers }))
  onTestFinished(() => reader.close())
  await reader.begun
  return reader
}

async function register({ url }: FrontProcess, agentId: string): Promise<void> {
  const response = await fetch(`${url}/api/agents/register`, {
    method: 'POST',
    headers: { ...AUTHORIZED, 'content-type': 'application/json' },
    body: JSON.stringify({ agentId, agentKey: `a-long-key-of-${agentId}`, targetIp: '203.0.113.7' }),
  })
  expect([agentId, response.status]).toEqual([agentId, 201])
}

const told = (readers: EventReader[]) =>
  readers.flatMap(({ events }) =>
    events.filter(({ name }) => name === 'agent.registered').map(({ data }) => data.agentId),
  )

describeEtcd('events of two fronts on one etcd', () => {
  it('are the same on both: who reads at one goes on at the other', { timeout: 120_000 }, async () => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    const KV = `etcd://${etcd.endpoints.map((endpoint) => new URL(endpoint).host).join(',')}`
    const env = { KV, SECRET_KEY, ADMIN_TOKEN, REGISTRATION: 'open' }
    const [left, right] = await Promise.all([startFront(env), startFront(env)])

    const [first, whole] = [await open(left), await open(right)]
    for (let n = 0; n < 6; n++) await register(n % 2 ? left : right, `a${n}`)
    await first.until(({ data }) => data.agentId === 'a5')
    left.child.kill('SIGKILL')
    await left.exited
    await first.ended
    for (let n = 6; n < 9; n++) await register(right, `a${n}`)
    const second = await open(right, first.lastEventId)
    await register(right, 'a9')
    for (const reader of [second, whole]) await reader.until(({ data }) => data.agentId === 'a9')
    const all = Array.from({ length: 10 }, (_, n) => `a${n}`)
    expect(told([first, second])).toEqual(all)
    expect(told([whole])).toEqual(all)

    const restarted = await startFront(env)
    const third = await open(restarted, first.lastEventId)
    await third.until(({ data }) => data.agentId === 'a9')
    expect(told([third])).toEqual(all.slice(6))

    await etcd.compact()
    const anew = await startFront(env)
    const late = await open(anew, first.lastEventId)
    expect((await late.until(({ name }) => name === 'reset')).data.code).toBe('STORE_COMPACTED')
    await register(anew, 'b0')
    await late.until(({ data }) => data.agentId === 'b0')
    expect(told([late])).toEqual(['b0'])
  })
})
