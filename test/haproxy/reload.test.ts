import { createServer, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { BaseValues } from '../../shared/gateway/base.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { get } from '../support/http-clients.ts'
import { listen } from '../support/targets.ts'

const HOST = 'a.apps.test'

const starters: [who: string, edit: (text: string) => string, values: Partial<BaseValues>][] = [
  ['somebody', (text) => text, {}],
  ['root, for another', (text) => text.replace(/^global$/m, 'global\n  user nobody'), { WORKER_USER: 'nobody' }],
]
const possible = starters.filter(([, , { WORKER_USER }]) => WORKER_USER === undefined || process.getuid?.() === 0)

it.each(possible)('keeps the counters over a reload, started by %s', async (_, edit, values) => {
  const target = createServer((asked, response) => asked.url === '/wait' || response.end('ok'))
  const haproxy = await startHaproxy({
    maps: { hosts: { [HOST]: `http|127.0.0.1|${await listen(target)}||` } },
    values: { ...values, ROUTE_MAXCONN: '1' },
    edit,
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
  // Not who is still with the old worker.
  expect(table).toMatch(/key=a\.apps\.test .*conn_cnt=7 conn_cur=0 .*gpt0=[1-9]\d* gpc0=0 gpc1=1 gpc2=0 /)
  expect((await get(haproxy.httpPort, { host: HOST })).status).toBe(200)
  waiting.destroy()
})
