import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { get } from '../../support/http-clients.ts'
import { openWebSocket } from '../../support/load/echo.ts'
import { startNamedTarget } from '../../support/named-targets.ts'
import { putAll } from '../../support/option-routes.ts'
import { startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'

it('waits for answers and in tunnels as long as it was told to, and no longer', async () => {
  const front = await startRoutedFront()
  const { ports, hostOf } = front
  const silent = await listen(createServer(() => {}))
  const echo = await startNamedTarget('echo')
  await putAll(front, [
    { subdomain: 'hasty', targetUrl: `http://127.0.0.1:${silent}`, options: { timeouts: { responseSeconds: 1 } } },
    { subdomain: 'short', targetUrl: echo.url, options: { timeouts: { tunnelSeconds: 1 } } },
    { subdomain: 'usual', targetUrl: echo.url },
    { subdomain: 'times', targetUrl: echo.url, options: { timeouts: { connectSeconds: 3, responseSeconds: 120 } } },
  ])
  const usual = await openWebSocket(ports.http, hostOf('usual'))
  const short = await openWebSocket(ports.http, hostOf('short'))
  expect([await usual.say('hello'), await short.say('hello')]).toEqual(['echo', 'echo'])
  expect((await get(ports.http, { host: hostOf('hasty') })).status).toBe(504)
  await short.ended
  expect(await usual.say('still here')).toBe('echo')
  usual.close()

  const backend = (await front.haproxy.map('hosts.map')).get(hostOf('times'))?.split('|')[4]
  const lines = readFileSync(front.haproxy.configPath(), 'utf8')
    .split(`backend ${backend} `)[1]
    ?.split('\n')
    .slice(0, 5)
  expect(lines).toEqual(expect.arrayContaining(['  timeout connect 3s', '  timeout server 120s']))
})
