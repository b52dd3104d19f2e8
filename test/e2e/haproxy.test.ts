import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { startFront } from '../support/front-process.ts'
import { freePort } from '../support/ports.ts'

const HAPROXY = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

function ask(port: number, host: string, headers: Record<string, string> = {}, body?: object) {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const path = body ? '/api/agents/register' : '/api/health'
    const type = body && { 'content-type': 'application/json' }
    const sent = request({
      port,
      host: '127.0.0.1',
      path,
      method: body ? 'POST' : 'GET',
      headers: { host, ...type, ...headers },
    })
    sent.on('response', async (response) => resolve({ status: response.statusCode, body: await text(response) }))
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

it('HAProxy takes the API’s name to the API, and tells a person where there is nothing', async () => {
  const front = await startFront()
  const port = await freePort()
  const env = {
    ...HAPROXY,
    BIND: '127.0.0.1',
    HTTP_PORT: String(port),
    HOST: '127.0.0.1',
    PORT: new URL(front.url).port,
    API_HOST: 'front.cloudlunacy.uk',
  }
  const checked = spawnSync('haproxy', ['-c', '-f', 'haproxy/haproxy.cfg'], { env, encoding: 'utf8' })
  expect(checked.stdout + checked.stderr).not.toMatch(/WARNING|ALERT/)
  expect(checked.status).toBe(0)

  const haproxy = spawn('haproxy', ['-db', '-f', 'haproxy/haproxy.cfg'], { env, stdio: 'ignore' })
  onTestFinished(async () => {
    haproxy.kill('SIGKILL')
    await once(haproxy, 'close')
  })
  while (!(await ask(port, 'x').catch(() => null)));

  for (const host of ['front.cloudlunacy.uk', 'FRONT.cloudlunacy.uk:8080']) {
    expect(JSON.parse((await ask(port, host)).body)).toMatchObject({ success: true })
  }
  const nothing = await ask(port, 'shop.apps.cloudlunacy.uk')
  expect([nothing.status, nothing.body]).toEqual([404, expect.stringContaining('There is nothing at this address')])

  // Through it nobody is this machine, whatever he says of himself.
  const agent = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }
  expect((await ask(port, 'front.cloudlunacy.uk', { 'x-forwarded-for': '127.0.0.1' }, agent)).status).toBe(401)

  front.child.kill('SIGKILL')
  await front.exited
  const down = await ask(port, 'front.cloudlunacy.uk')
  expect([down.status, down.body]).toEqual([503, expect.stringContaining('not answering at the moment')])
})
