import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { createClient, FrontError } from '../../examples/client/client.ts'
import { startFront } from '../support/front-process.ts'

const run = promisify(execFile)

it('the example registers, routes, lists and removes, and tells what is refused', async () => {
  const app = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1')
  onTestFinished(() => void app.close())
  await once(app, 'listening')
  const target = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
  const { url } = await startFront()
  const example = (env: Record<string, string> = {}) =>
    run('node', ['examples/client/main.ts'], { env: { PATH: process.env.PATH, FRONT: url, TARGET: target, ...env } })

  const lines = (await example()).stdout.split('\n')
  expect(lines).toEqual([
    'Agent example-1 is registered',
    expect.stringMatching(/^https:\/\/example\.apps\..+ leads to http:\/\/127\.0\.0\.1:\d+: settled$/),
    expect.stringMatching(/^- http example\.apps\..+: (settled|live)$/),
    expect.stringMatching(/^The route example\.apps\..+ is removed$/),
    '',
  ])
  await expect(example({ AGENT_KEY: 'another-key-of-another' })).rejects.toMatchObject({
    code: 1,
    stdout: 'There is an agent example-1 already, and this is not its key\n',
  })

  const front = createClient({ url, token: 'not-a-token' })
  const refused = await front.listAgents().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(FrontError)
  expect(refused).toMatchObject({ status: 401, code: 'UNAUTHORIZED', requestId: expect.any(String) })
  expect(await front.getAuthoritiesPem({})).toContain('-----BEGIN CERTIFICATE-----')
})
