import { createServer } from 'node:http'
import { expect, it, onTestFinished, vi } from 'vitest'
import { observe } from '../../shared/alerts/observe.ts'
import { ADMIN_TOKEN, type Harness, harness } from '../harness.ts'
import { newOcspCa, type OcspCertificate } from '../support/ocsp-ca.ts'

const HOST = 'shop.front.test'
const DAY_MS = 86_400_000

async function staplingFront() {
  const front = await harness()
  const { stapling } = front.services
  onTestFinished(() => stapling.stop())
  stapling.wake()
  return front
}

const upload = async (front: Harness, { pem }: Pick<OcspCertificate, 'pem'>) => {
  // OpenSSL has just made it.
  front.clock.nowMs = Date.now()
  return (await front.call('PUT', '/api/certificates/edge/shop', { token: ADMIN_TOKEN, body: { pem } })).body
}

const told = async (front: Harness, name = 'shop') =>
  (await front.call('GET', `/api/certificates/edge/${name}`, { token: ADMIN_TOKEN })).body.certificate.ocsp

const until = (front: Harness, expected: object, name = 'shop') =>
  vi.waitFor(async () => expect(await told(front, name)).toMatchObject(expected), { timeout: 10_000, interval: 10 })

/** Lets the time go by until the responder is asked again. */
async function askAgain(front: Harness) {
  front.clock.nowMs = Date.parse((await told(front)).nextTryAt)
  front.services.stapling.wake()
}

const wrong = async ({ kv, clock }: Harness) => {
  const gateway = { nodes: async () => [], routes: () => [], status: async () => [] }
  const found = await observe({ kv, gateway, providers: { states: async () => [] }, now: () => clock.nowMs })
  return found.map(({ kind, subject }) => `${kind} ${subject}`)
}

it('asks when a certificate comes, again at half of the time, and tells what is revoked', async () => {
  const ca = await newOcspCa()
  await ca.start({ minutes: 24 * 60 })
  const front = await staplingFront()
  const made = ca.issue(HOST)
  const { ocsp } = (await upload(front, made)).certificate
  expect(ocsp).toMatchObject({ responder: ca.url, mustStaple: false, status: 'waiting', goodUntil: null })
  await until(front, { status: 'good', lastError: null, revokedAt: null })
  const { goodUntil, nextTryAt } = await told(front)
  const [leftMs, nextMs] = [goodUntil, nextTryAt].map((time) => Date.parse(time) - front.clock.nowMs)
  expect(leftMs).toBeGreaterThan(0.98 * DAY_MS)
  expect(nextMs).toBeLessThan(0.51 * DAY_MS)
  expect(nextMs).toBeGreaterThan(0.44 * DAY_MS)
  expect(await wrong(front)).toEqual([])

  ca.mark(made, 'revoked')
  await askAgain(front)
  await until(front, { status: 'revoked', goodUntil: null, revokedAt: '2026-01-01T00:00:00.000Z' })
  expect(await wrong(front)).toEqual(['certificate.revoked shop'])
  const { certificates } = (await front.call('GET', '/api/certificates/edge', { token: ADMIN_TOKEN })).body
  const all = certificates.map(({ name, ocsp }: { name: string; ocsp: { status: string } | null }) => [
    name,
    ocsp?.status,
  ])
  expect(all).toEqual([
    ['default', undefined],
    ['shop', 'revoked'],
  ])

  await front.call('DELETE', '/api/certificates/edge/shop', { token: ADMIN_TOKEN })
  await vi.waitFor(async () => expect((await front.kv.list('certificates/ocsp/')).entries).toEqual([]), {
    interval: 10,
  })
})

it('keeps what it has while the responder is away, until that expires', async () => {
  const ca = await newOcspCa()
  const responder = await ca.start({ minutes: 30 })
  const front = await staplingFront()
  await upload(front, ca.issue(HOST, { extensions: 'tlsfeature=status_request' }))
  await until(front, { status: 'good', mustStaple: true })
  const { goodUntil } = await told(front)
  await responder.stop()
  for (let tries = 0; tries < 3; tries++) {
    const before = (await told(front)).nextTryAt
    await askAgain(front)
    await vi.waitFor(async () => expect((await told(front)).nextTryAt).not.toBe(before), { interval: 10 })
  }
  const host = new URL(ca.url).host
  expect(await told(front)).toMatchObject({ status: 'good', goodUntil, lastError: `${host} cannot be reached` })
  expect(await wrong(front)).toEqual([])
  front.clock.nowMs = Date.parse(goodUntil)
  await until(front, { status: 'failing', goodUntil: null })
  expect(await wrong(front)).toEqual(['certificate.unstapled shop'])

  await ca.start({ minutes: 600 })
  await askAgain(front)
  await until(front, { status: 'good', lastError: null })
  expect(await wrong(front)).toEqual([])
})

it.each([
  ['more than can be stapled', 200, 'A'.repeat(9_000), 'answered with more than 8192 bytes'],
  ['a page', 200, '<html>', 'cannot be read'],
  ['no answer', 503, '', 'answered 503'],
  ['that it is somewhere else', 302, '', 'answered 302'],
])('does not believe %s', async (_what, status, body, why) => {
  const front = await staplingFront()
  const ca = await newOcspCa()
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.writeHead(status, { location: '/elsewhere' }).end(body)
  })
  const port = Number(new URL(ca.url).port)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  await upload(front, ca.issue(HOST))
  await until(front, { status: 'failing', lastError: expect.stringContaining(why) })
  expect(asked).toBe(1)
})

it('asks nobody for a certificate that names nobody, and wants to know whom a responder is asked about', async () => {
  const front = await staplingFront()
  const ca = await newOcspCa()
  const made = ca.issue(HOST)
  const refused = await upload(front, { pem: made.certificate + made.key })
  expect(refused).toMatchObject({ success: false, error: expect.stringContaining('its issuer must stand behind it') })
  expect(await told(front, 'default')).toBeNull()
})
