import { expect, it, onTestFinished } from 'vitest'
import { describeEtcd } from '../support/describe-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { type FrontProcess, runFront, startFront } from '../support/front-process.ts'

const SECRET_KEY = 'the-same-secret-key-for-both-fronts'
const AGENT = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }

async function call(
  front: FrontProcess,
  method: string,
  path: string,
  { token, body }: { token?: string; body?: object } = {},
) {
  const response = await fetch(front.url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

describeEtcd('two fronts on one etcd', () => {
  it('are one: what one gave the other takes, and what one revoked both refuse', async () => {
    const etcd = await startEtcd({ members: 3, electionMs: 500 })
    onTestFinished(() => etcd.stop())
    const KV = `etcd://${etcd.endpoints.map((endpoint) => new URL(endpoint).host).join(',')}`
    const [left, right] = await Promise.all([startFront({ KV, SECRET_KEY }), startFront({ KV, SECRET_KEY })])

    const { body } = await call(left, 'POST', '/api/agents/register', { body: AGENT })
    const { token } = body
    expect((await call(right, 'GET', '/api/agents/vps-1', { token })).status).toBe(200)
    const bundles = await Promise.all(
      [left, right].map(async (front) => (await fetch(`${front.url}/api/certificates/ca.pem`)).text()),
    )
    expect(bundles[1]).toBe(bundles[0])

    await etcd.kill(await etcd.leader())
    expect((await call(right, 'POST', '/api/agents/vps-1/revoke', { token })).status).toBe(200)
    expect((await call(left, 'GET', '/api/agents/vps-1', { token })).status).toBe(401)

    const stranger = await runFront({ KV, SECRET_KEY: 'another-secret-key-than-theirs-have' })
    expect(await stranger.exited).toBe(1)
    expect(stranger.output()).toContain('SECRET_KEY is not the one that this store was made with')
  })

  it('say what is wrong when no member answers', async () => {
    const front = await runFront({ KV: 'etcd://user:password@127.0.0.1:1' })
    expect(await front.exited).toBe(1)
    expect(front.output()).toMatch(/^KV etcd:\/\/127\.0\.0\.1:1 cannot be used: see that etcd runs there, .+\n$/)
    expect(front.output()).not.toContain('pass')
  })
})
