import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { newCertificate } from '../support/edge-certificate.ts'
import { type Answer, get } from '../support/http-clients.ts'
import { kill } from '../support/processes.ts'
import { expectStatus, put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'
import { untilAnswered } from '../support/served.ts'
import { startTarget } from '../support/targets.ts'

it('sends to HTTPS for as long as an uploaded certificate is there, also over a reload, unless the route says otherwise', async () => {
  const front = await startRoutedFront({ RECONCILE_INTERVAL_MS: '300' })
  const { http } = front.ports
  const app = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${app.port}`
  const servers = [{ name: 'srv1', address: '127.0.0.1', port: app.port, check: false }]
  const backend = async (settings: object = {}) =>
    expectStatus(
      await front.admin.put(
        '/api/backends/web',
        { hosts: ['www.front.test'], servers, ...settings },
        { prefer: 'wait=20' },
      ),
      [200, 201],
    )
  const hosts = [front.hostOf('shop'), 'www.front.test']
  const until = (status: number) =>
    Promise.all(hosts.map((host) => untilAnswered(http, host, (a) => a.status === status)))
  await put(front.agent, 'shop', targetUrl, { check: false })
  await backend()
  await until(200)

  const reloads = await front.reloads()
  const { pem } = await newCertificate(['*.apps.front.test', 'www.front.test'])
  await front.admin.put('/api/certificates/edge/both', { pem })
  await until(308)
  await put(front.agent, 'shop', targetUrl, { check: false, redirectToHttps: false })
  await backend({ redirectToHttps: false })
  await until(200)
  await put(front.agent, 'shop', targetUrl, { check: false, hsts: false })
  await backend({ hsts: { maxAgeSeconds: 60 } })
  await until(308)
  await front.admin.put('/api/certificates/edge/both', { pem, trusted: false })
  await until(200)
  await front.admin.put('/api/certificates/edge/both', { pem })
  await until(308)
  expect(await front.reloads()).toBe(reloads)

  await put(front.agent, 'settled', targetUrl, {}, { waitSeconds: 20 })
  expect(await front.reloads()).toBeGreaterThan(reloads)
  for (const host of hosts) expect(await get(http, { host })).toMatchObject({ status: 308 })
  await front.admin.delete('/api/certificates/edge/both', {})
  await until(200)
})

it('sends to HTTPS from the first answer on after HAProxy was killed, alone and with the front', async () => {
  const front = await startRoutedFront()
  const host = front.hostOf('shop')
  const { pem } = await newCertificate([host])
  await front.admin.put('/api/certificates/edge/shop', { pem })
  await put(front.agent, 'shop', 'http://127.0.0.1:1', { check: false })
  await untilAnswered(front.ports.http, host, ({ status }) => status === 308)

  killHaproxy(front)
  expect(await firstAnswer(front.ports.http, host)).toMatchObject({ status: 308 })

  await front.kill()
  killHaproxy(front)
  await front.run()
  expect(await firstAnswer(front.ports.http, host)).toMatchObject({ status: 308 })
})

function killHaproxy({ haproxy }: RoutedFront): void {
  for (const { pid } of [haproxy.master(), ...haproxy.workers()]) kill(pid)
}

async function firstAnswer(port: number, host: string): Promise<Answer> {
  for (; ; await pause(5)) {
    const answer = await get(port, { host }).catch(() => null)
    if (answer) return answer
  }
}
