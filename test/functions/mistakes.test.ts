import { beforeAll, expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'
import { MISTAKES } from './mistakes.ts'
import type { Mistake } from './mistakes-in-form.ts'

let front: Harness
beforeAll(async () => {
  front = await harness({ keepOpen: true })
  const body = { agentId: 'vps-1', agentKey: 'a-long-secret-of-its-own', targetIp: '203.0.113.7' }
  await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body })
})

it.each(MISTAKES.map((mistake): [string, Mistake] => [`${mistake.call}: ${mistake.name}`, mistake]))(
  '%s',
  async (_, { call, body, text, headers, token = ADMIN_TOKEN, status, code, says }) => {
    const [method = '', path = ''] = call.split(' ')
    const given = { body: text ?? body, ...(headers && { headers }), ...(token !== null && { token }) }
    // Each comes from somebody else: so many wrong keys in a row would be slowed down.
    front.clock.nowMs += 60_000
    const answer = await front.call(method, path, given)
    expect([answer.status, answer.body.code, answer.body.error]).toEqual([status, code, expect.stringMatching(says)])
  },
)
