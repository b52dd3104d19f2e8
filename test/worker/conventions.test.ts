import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'

const ENROLLMENT_TOKEN = 'the-enrolment-token-of-the-tests'
const AGENT = { agentId: 'vps-7', agentKey: 'a-key-of-the-seventh-agent', targetIp: '203.0.113.7' }
const SHOP = { agentId: 'vps-7', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000', options: { check: false } }

interface Options {
  token?: string
  body?: object
  headers?: Record<string, string>
}

/** Each request has a context of its own, as in production. */
async function call(method: string, path: string, { token, body, headers }: Options = {}) {
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://front.example.com${path}`, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const context = createExecutionContext()
  const response = await worker.fetch(request, { ...env, ENROLLMENT_TOKEN }, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for.
  const parsed: any = text === '' ? null : JSON.parse(text)
  return { status: response.status, body: parsed, text, headers: response.headers }
}

it('keeps the conventions of calls as every other front does', async () => {
  const routes = Array.from({ length: 200 }, (_, i) => ({ type: 'http', ...SHOP, subdomain: `site-${i}` }))
  const bare = routes.map(({ agentId: _, ...route }) => route)
  const register = () =>
    call('POST', '/api/agents/register', {
      token: ENROLLMENT_TOKEN,
      body: { ...AGENT, routes: bare },
      headers: { 'idempotency-key': 'the-registration' },
    })
  const first = await register()
  expect([first.status, first.body.routes.length]).toEqual([201, 200])
  expect((await register()).text).toBe(first.text)
  const { token } = first.body

  const put = (wish: object, headers: Record<string, string>) =>
    call('POST', '/api/proxy/http', { token, body: wish, headers })
  const key = { 'idempotency-key': 'the-shop' }
  const answers = await Promise.all([put(SHOP, key), put(SHOP, key), put(SHOP, key)])
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect((await put({ ...SHOP, targetUrl: 'http://203.0.113.7:3001' }, key)).body.code).toBe('IDEMPOTENCY_KEY_REUSED')

  const path = `/api/proxy/routes/${answers[0]?.body.route.id}`
  const etag = (await call('GET', path, { token })).headers.get('etag') ?? ''
  expect((await call('GET', path, { token, headers: { 'if-none-match': etag } })).status).toBe(304)
  const moved = { ...SHOP, targetUrl: 'http://203.0.113.7:3002' }
  expect((await put(moved, { 'if-match': etag })).status).toBeLessThan(300)
  expect((await put(SHOP, { 'if-match': etag })).status).toBe(412)

  expect((await call('GET', `${path}/history`, { token })).body.history).toHaveLength(2)
  const back = await call('POST', `${path}/rollback`, { token, body: { revision: 1 } })
  expect(back.body.route.targetUrl).toBe(SHOP.targetUrl)

  const wrong = await call('POST', '/api/proxy/bulk', { token, body: { upsert: [{ ...SHOP, type: 'http' }, {}] } })
  expect([wrong.status, wrong.body.details[0]]).toEqual([400, expect.stringMatching(/^upsert\[1\]/)])
  const page = await call('GET', '/api/proxy/agents/vps-7?limit=150', { token })
  const rest = await call('GET', `/api/proxy/agents/vps-7?limit=150&cursor=${page.body.cursor}`, { token })
  expect([page.body.routes.length, rest.body.routes.length, rest.body.cursor]).toEqual([150, 51, null])
})
