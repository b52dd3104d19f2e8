import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startHaproxy } from '../support/haproxy.ts'
import { get, getH2 } from '../support/http-clients.ts'
import { listen } from '../support/targets.ts'

it('waits for a target as long as its backend says, however soon a client would be given up', async () => {
  const slow = createServer(async (_, response) => {
    await pause(2_500)
    response.write('half ')
    await pause(2_500)
    response.end('whole')
  })
  const port = await listen(slow)
  const backend = `
backend b:patient:1 from front_base_http
  timeout server 60s
  server s1 127.0.0.1:${port}
`
  const haproxy = await startHaproxy({
    edit: (text) => text.replaceAll('timeout client 30s', 'timeout client 1s') + backend,
    maps: { hosts: { 'a.apps.test': 'none||||b:patient:1|r|' } },
  })
  const host = 'a.apps.test'
  const answers = await Promise.all([
    get(haproxy.httpPort, { host }),
    get(haproxy.httpPort, { host, method: 'POST', body: 'x' }),
    getH2(haproxy.httpPort, { host }),
    getH2(haproxy.httpsPort, { host, ca: haproxy.certificates.ca }),
  ])
  expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(4).fill([200, 'half whole']))
})
