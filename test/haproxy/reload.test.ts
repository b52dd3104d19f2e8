import { createServer, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startHaproxy } from '../support/haproxy.ts'
import { get } from '../support/http-clients.ts'
import { listen } from '../support/targets.ts'

const HOST = 'a.apps.test'

it('keeps the counters over a reload, without those who are still with the old worker', async () => {
  const target = createServer((asked, response) => asked.url === '/wait' || response.end('ok'))
  const haproxy = await startHaproxy({
    maps: { hosts: { [HOST]: `http|127.0.0.1|${await listen(target)}||` } },
    values: { ROUTE_MAXCONN: '1' },
  })
  // A worker hands its table on only once it has stopped waiting for another's: ten seconds after a first start.
  while (/resync_timeout=\d/.test(await haproxy.command('show peers'))) await pause(100)
  for (let i = 0; i < 5; i++) await get(haproxy.httpPort, { host: HOST })
  const waiting = request({ host: '127.0.0.1', port: haproxy.httpPort, path: '/wait', headers: { host: HOST } }).end()
  waiting.on('error', () => {})
  await new Promise((resolve) => target.on('request', resolve))
  expect((await get(haproxy.httpPort, { host: HOST })).status).toBe(503)

  await haproxy.reload()
  let table = await haproxy.command('show table front_routes')
  while (!table.includes('key=')) table = await haproxy.command('show table front_routes')
  expect(table).toMatch(/key=a\.apps\.test .*conn_cur=0 http_req_cnt=7 /)
  expect((await get(haproxy.httpPort, { host: HOST })).status).toBe(200)
  waiting.destroy()
})
