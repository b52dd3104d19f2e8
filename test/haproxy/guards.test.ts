import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { startHaproxy } from '../support/haproxy.ts'
import { get } from '../support/http-clients.ts'
import { listen, startTarget } from '../support/targets.ts'

it('connects to nothing that no target may be, whatever the map says', async () => {
  const haproxy = await startHaproxy()
  const { port } = await startTarget('own')
  const refused = [
    '|80',
    'x|80',
    'localhost|80',
    'a.apps.test|80',
    '127.0.0.1|',
    '127.0.0.1|0',
    '127.0.0.1|x',
    '127.0.0.1|65536',
    '127.0.0.1|-1',

    '127.0.0.256|80',

    '[::1]|80',
    '127.0.0.1 |80',
    '|',
    '',
    `0.0.0.0|${port}`,
    `0.1.2.3|${port}`,
    `::|${port}`,
    `0:0:0:0:0:0:0:0|${port}`,
    '169.254.169.254|80',
    'fe80::1|80',
    'febf::1|80',
    'ff02::1|80',
    '224.0.0.1|80',
    '255.255.255.255|80',
    '240.0.0.1|80',
    `::ffff:127.0.0.1|${port}`,
    `::FFFF:7f00:1|${port}`,
    `0:0:0:0:0:ffff:127.0.0.1|${port}`,
    `::ffff:169.254.169.254|${port}`,
    `64:ff9b::7f00:1|${port}`,
    `64:ff9b:1::7f00:1|${port}`,
    `2002:7f00:1::|${port}`,
    `::127.0.0.1|${port}`,
    `127.0.0.1|${haproxy.httpPort}`,
    `127.0.0.1|${haproxy.httpsPort}`,
    `127.0.0.1|${haproxy.mongoPort}`,
    `127.0.0.1|${haproxy.statsPort}`,
    `127.9.9.9|${haproxy.httpPort}`,
    `::1|${haproxy.statsPort}`,
  ]
  for (const target of refused) {
    await haproxy.set('hosts', 'a.apps.test', `http|${target}||`)
    const { status, headers } = await get(haproxy.httpPort, { host: 'a.apps.test' })
    expect([target, status, headers['retry-after']]).toEqual([target, 503, '30'])
  }
  for (const value of [`ftp|127.0.0.1|${port}||`, `|127.0.0.1|${port}||`, `HTTP|127.0.0.1|${port}||`, 'x']) {
    await haproxy.set('hosts', 'a.apps.test', value)
    expect([value, (await get(haproxy.httpPort, { host: 'a.apps.test' })).status]).toEqual([value, 503])
  }
})

it('connects to what a target may be', async () => {
  const haproxy = await startHaproxy()
  const { port } = await startTarget('own')
  const ipv6 = await listen(
    createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nIPv6')),
    '::1',
  )
  for (const target of [`127.0.0.1|${port}`, `::1|${ipv6}`, `0:0:0:0:0:0:0:1|${ipv6}`]) {
    await haproxy.set('hosts', 'a.apps.test', `http|${target}||`)
    const { status } = await get(haproxy.httpPort, { host: 'a.apps.test' })
    expect([target, status]).toEqual([target, 200])
  }
})
