import { expect, it } from 'vitest'
import { ADMIN_TOKEN, harness } from '../harness.ts'
import { MISTAKES } from './mistakes.ts'

it('x', async () => {
  const front = await harness()
  await front.call('POST', '/api/agents/register', { token: 'the-enrolment-token-of-the-tests', body: { agentId: 'vps-1', agentKey: 'a-long-secret-of-its-own', targetIp: '203.0.113.7' } })
  let out = ''
  for (const m of MISTAKES) {
    const [method = '', path = ''] = m.call.split(' ')
    const { status, body } = await front.call(method, path, { token: ADMIN_TOKEN, body: m.text ?? m.body })
    const good = status === m.status && body.code === m.code && m.says.test(body.error)
    out += `${good ? '  ' : '!!'} ${m.name} | ${status} ${body.code} | ${body.error}\n`
  }
  process.stdout.write(out)
  expect(1).toBe(1)
})
