import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { edgeProfile } from '../../shared/pki/index.ts'
import { certPem, issueTo, newAuthority } from '../pki/support.ts'
import { startDataPlane } from '../support/data-plane-process.ts'
import { get } from '../support/http-clients.ts'
import { expectStatus, put, startRoutedFront } from '../support/routed-front.ts'
import { keepShaking, shownFor, untilAnswered, untilShown } from '../support/served.ts'
import { startTarget } from '../support/targets.ts'

const NAME = 'shop.front.test'
/** Nothing happens by itself while the test runs. */
const NEVER = '3600000'

async function newCertificate(names: string[]) {
  const authority = await newAuthority()
  const holder = await issueTo(authority, edgeProfile(names))
  const fingerprint = new X509Certificate(holder.cert).fingerprint256
  return { pem: holder.cert + certPem(authority.certificate) + holder.key, fingerprint }
}

it('brings an uploaded certificate, its successor and its end to a node elsewhere at once, without a reload', async () => {
  const node = await startDataPlane()
  const front = await startRoutedFront({
    DATAPLANE_URL: node.url,
    TARGET_POLICY: 'private',
    RECONCILE_INTERVAL_MS: NEVER,
  })
  const { https } = front.ports
  const path = '/api/certificates/edge/shop'
  const own = await shownFor(https, 'any.apps.front.test')
  const before = await front.reloads()
  const worker = node.haproxy.currentWorker().pid
  const others = keepShaking(https, 'any.apps.front.test')

  for (const { pem, fingerprint } of [await newCertificate([NAME]), await newCertificate([NAME])]) {
    expect((await front.admin.put(path, { pem })).status).toBe(200)
    await untilShown(https, NAME, (shown) => shown === fingerprint)
  }
  expect((await front.admin.delete(path, {})).status).toBe(200)
  await untilShown(https, NAME, (shown) => shown === own)

  const { good, failed } = await others.stop()
  expect([failed, good > 10]).toEqual([0, true])
  expect(await front.reloads()).toBe(before)
  expect(node.haproxy.currentWorker().pid).toBe(worker)
})

it('sends to HTTPS for as long as an uploaded certificate is there, also over a reload, unless the route says otherwise', async () => {
  const front = await startRoutedFront({ RECONCILE_INTERVAL_MS: '300' })
  const { http } = front.ports
  const app = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${app.port}`
  const servers = [{ name: 'srv1', address: '127.0.0.1', port: app.port, check: false }]
  const backend = async (settings: object = {}) =>
    expectStatus(
      await front.admin.put('/api/backends/web', { hosts: ['www.front.test'], servers, ...settings }),
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
  expect(await front.reloads()).toBe(reloads)

  await put(front.agent, 'settled', targetUrl, {}, { waitSeconds: 20 })
  expect(await front.reloads()).toBeGreaterThan(reloads)
  for (const host of hosts) expect(await get(http, { host })).toMatchObject({ status: 308 })
  await front.admin.delete('/api/certificates/edge/both', {})
  await until(200)
})

it('serves what was uploaded before the front’s own, the name before the wildcard, and the same after a reload', async () => {
  const front = await startRoutedFront({ RECONCILE_INTERVAL_MS: '300' })
  const { https } = front.ports
  const own = await shownFor(https, 'any.apps.front.test')
  const wildcard = await newCertificate(['*.apps.front.test'])
  const exact = await newCertificate(['shop.apps.front.test'])
  const isServed = async () => {
    await untilShown(https, 'any.apps.front.test', (shown) => shown === wildcard.fingerprint)
    await untilShown(https, 'shop.apps.front.test', (shown) => shown === exact.fingerprint)
  }
  await front.admin.put('/api/certificates/edge/wild', { pem: wildcard.pem })
  await front.admin.put('/api/certificates/edge/exact', { pem: exact.pem })
  await isServed()
  // The front's own leaves the wildcard to it.
  const { certificate } = (await front.admin.get('/api/certificates/edge/default')).body as unknown as {
    certificate: { names: string[] }
  }
  expect(certificate.names).toEqual(['*.mongodb.front.test', 'front.front.test'])

  const worker = front.haproxy.currentWorker().pid
  await put(front.agent, 'settled', 'http://127.0.0.1:9', {}, { waitSeconds: 20 })
  expect(front.haproxy.currentWorker().pid).not.toBe(worker)
  await isServed()

  await front.admin.delete('/api/certificates/edge/wild', {})
  await untilShown(https, 'any.apps.front.test', (shown) => shown !== wildcard.fingerprint && shown !== null)
  expect(await shownFor(https, 'front.front.test')).not.toBe(own)
})
