import { expect, it } from 'vitest'
import { startFront } from '../support/front-process.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { get } from '../support/http-clients.ts'

it('HAProxy takes the API’s name to the API, and tells a person where there is nothing', async () => {
  const front = await startFront()
  const { port } = new URL(front.url)
  const values = { API_HOST: 'front.cloudlunacy.uk', API_ADDRESS: `127.0.0.1:${port}` }
  const haproxy = await startHaproxy({ values })
  const ask = (host: string, rest = {}) => get(haproxy.httpPort, { host, path: '/api/health', ...rest })

  for (const host of ['front.cloudlunacy.uk', 'FRONT.cloudlunacy.uk:8080']) {
    expect(JSON.parse((await ask(host)).body)).toMatchObject({ success: true })
  }
  const nothing = await ask('shop.apps.cloudlunacy.uk')
  expect([nothing.status, nothing.body]).toEqual([404, expect.stringContaining('There is nothing at this address')])

  // Through it nobody is this machine, whatever he says of himself.
  const agent = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }
  const headers = { 'x-forwarded-for': '127.0.0.1', 'content-type': 'application/json' }
  const registering = { path: '/api/agents/register', method: 'POST', headers, body: JSON.stringify(agent) }
  expect((await ask('front.cloudlunacy.uk', registering)).status).toBe(401)

  front.child.kill('SIGKILL')
  await front.exited
  const down = await ask('front.cloudlunacy.uk')
  expect([down.status, down.body]).toEqual([503, expect.stringContaining('not answering at the moment')])
})
