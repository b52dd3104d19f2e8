import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { type FrontProcess, runFront, startFront } from '../support/front-process.ts'

async function register(front: FrontProcess, headers: Record<string, string> = {}, agentId = 'vps-1') {
  const response = await fetch(`${front.url}/api/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ agentId, agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }),
  })
  return response.status
}

it('registers openly for this machine alone, and never what was forwarded', async () => {
  const front = await startFront()
  expect(front.output()).toContain('open: only this machine can reach the front')
  for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']) {
    expect([name, await register(front, { [name]: '127.0.0.1' })]).toEqual([name, 401])
  }
  const { host } = new URL(front.url)
  expect(await register(front, { origin: 'http://evil.example' })).toBe(401)
  expect(await register(front, { origin: `http://${host}` })).toBe(201)
  expect(await register(front)).toBe(200)
})

it('wants a token of a page that got at it by another name', async () => {
  const front = await startFront()
  const socket = connect(Number(new URL(front.url).port), '127.0.0.1')
  const body = JSON.stringify({ agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' })
  socket.write(
    `POST /api/agents/register HTTP/1.1\r\nhost: evil.example\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
  expect(await text(socket)).toContain('HTTP/1.1 401 ')
})

it.each<Record<string, string>>([
  { REGISTRATION: 'token' },
  { HOST: '0.0.0.0' },
  { BIND: '0.0.0.0' },
  { DATAPLANE_URL: 'https://admin:password@haproxy:5555' },
])('wants an enrolment token with %j', async (env) => {
  const front = await startFront(env)
  expect(front.output()).toContain('Registration    with an enrolment token')
  expect(await register(front)).toBe(401)
  const token = front.output().match(/enrollment-[0-9a-f]{48}/)?.[0]
  expect(await register(front, { authorization: `Bearer ${token}` })).toBe(201)
})

it('refuses to be open where others can reach it', async () => {
  const front = await runFront({ REGISTRATION: 'open', HOST: '0.0.0.0' })
  expect(await front.exited).toBe(1)
  expect(front.output()).toMatch(/^REGISTRATION must not be open where others can reach the front: .+\n$/)
})

it('lets routes go to this machine only where others cannot ask for them', async () => {
  const front = await runFront({ TARGET_POLICY: 'loopback', BIND: '0.0.0.0' })
  expect(await front.exited).toBe(1)
  expect(front.output()).toMatch(/^TARGET_POLICY must not be loopback where others can reach the front: .+\n$/)
})

it('slows a guesser down by its connection, whatever it says of its address', async () => {
  const front = await startFront()
  await register(front)
  const statuses: number[] = []
  for (let i = 0; i < 60; i++) {
    const response = await fetch(`${front.url}/api/agents/authenticate`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': `198.51.100.${i}`,
        forwarded: `for=198.51.100.${i}`,
      },
      body: JSON.stringify({ agentId: `agent-${i}`, agentKey: `clk_${String(i).padEnd(43, 'x')}` }),
    })
    statuses.push(response.status)
  }
  expect(new Set(statuses)).toEqual(new Set([401, 429]))
  expect(statuses.at(-1)).toBe(429)
})
