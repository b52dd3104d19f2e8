import { expect, it, vi } from 'vitest'
import { AGENT_KEY, clientHarness, registered } from '../support.ts'

const LOGIN = 'POST /api/agents/authenticate'
const READ = 'GET /api/agents/vps-1'

it('one login serves many calls that come at once', async () => {
  const { client, calls, clock } = await registered()
  clock.nowMs = 3_600_000
  await Promise.all([client.read(), client.read(), client.read()])
  expect(calls).toEqual([LOGIN, READ, READ, READ])
})

it('the token is renewed while it is still good, and nobody waits for that', async () => {
  const { client, calls, clock, requests } = await registered()
  await client.read()
  clock.nowMs = 3_600_000 * 0.8
  await client.read()
  expect(calls).toEqual([READ, LOGIN, READ])
  const [first, , second] = requests.map(({ headers }) => headers.get('authorization'))
  expect(second).toBe(first)
  await vi.waitFor(async () => {
    await client.read()
    expect(requests.at(-1)?.headers.get('authorization')).not.toBe(first)
  })
  expect(calls.filter((call) => call === LOGIN)).toHaveLength(1)
})

it('a front that fails while the token is renewed is not felt', async () => {
  const { client, clock, instead } = await registered()
  clock.nowMs = 3_600_000 * 0.8
  instead.push(() => Promise.reject(new TypeError('fetch failed')))
  expect((await client.read()).agentId).toBe('vps-1')
})

it('a token that is refused before its time is replaced once, and the call done again', async () => {
  const { client, calls, front } = await registered()
  const { token } = (
    await front.call('POST', '/api/agents/authenticate', { body: { agentId: 'vps-1', agentKey: AGENT_KEY } })
  ).body
  await front.call('POST', '/api/agents/vps-1/revoke', { token })
  expect((await client.read()).agentId).toBe('vps-1')
  expect(calls).toEqual([READ, LOGIN, READ])
})

it('a wrong key is said at once', async () => {
  await registered()
  const { client, calls } = await clientHarness({ agentKey: 'another-key-altogether' })
  await expect(client.read()).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401 })
  expect(calls).toEqual([LOGIN])
})

it('a caller that goes away does not end the login of the others', async () => {
  const { client, clock, instead, front } = await registered()
  clock.nowMs = 3_600_000
  const login = Promise.withResolvers<Response>()
  instead.push(() => login.promise)
  const gone = new AbortController()
  const [first, second] = [client.read({ signal: gone.signal }), client.read()]
  gone.abort(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  const body = { agentId: 'vps-1', agentKey: AGENT_KEY }
  const { body: answer } = await front.call('POST', '/api/agents/authenticate', { body })
  login.resolve(Response.json(answer))
  expect((await second).agentId).toBe('vps-1')
})
