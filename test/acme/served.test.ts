import { expect, it } from 'vitest'
import { startDataPlane } from '../support/data-plane-process.ts'
import { newCertificate } from '../support/edge-certificate.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'
import { keepShaking, shownFor, untilShown } from '../support/served.ts'

const NAME = 'shop.front.test'
/** Nothing happens by itself while the test runs. */
const NEVER = '3600000'

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
