import { expect, it, vi } from 'vitest'
import { newOcspCa, type OcspCa, type OcspCertificate } from '../support/ocsp-ca.ts'
import { questionAbout } from '../support/ocsp-question.ts'
import { put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'
import { keepShaking, stapledFor, untilShown } from '../support/served.ts'

const NAME = 'shop.front.test'
const PATH = '/api/certificates/edge/shop'

/** What is stapled, once something is. */
const staple = ({ ports }: RoutedFront): Promise<Buffer> =>
  vi.waitFor(
    async () => {
      const stapled = await stapledFor(ports.https, NAME)
      if (!stapled?.length) throw new Error('nothing is stapled')
      return stapled
    },
    { timeout: 20_000, interval: 20 },
  )

const statusOf = async (ca: OcspCa, made: OcspCertificate, answer: Buffer) =>
  (await (await questionAbout(ca, made)).read(new Uint8Array(answer), Date.now())).status

const told = async ({ admin }: RoutedFront) =>
  (await admin.get(PATH)).body.certificate as unknown as { ocsp: { status: string; lastError: string | null } }

it('staples what the responder says without a reload, and goes on with it when all is started again', async () => {
  const ca = await newOcspCa()
  const responder = await ca.start()
  const front = await startRoutedFront()
  const made = ca.issue(NAME)
  const others = keepShaking(front.ports.https, 'any.apps.front.test')
  const [reloads, worker] = [await front.reloads(), front.haproxy.currentWorker().pid]
  expect((await front.admin.put(PATH, { pem: made.pem })).status).toBe(200)
  const stapled = await staple(front)
  expect(await statusOf(ca, made, stapled)).toBe('good')
  expect((await told(front)).ocsp).toMatchObject({ status: 'good', lastError: null })
  expect([await front.reloads(), front.haproxy.currentWorker().pid]).toEqual([reloads, worker])
  const { good, failed } = await others.stop()
  expect([failed, good > 10]).toEqual([0, true])

  // From here on nobody answers any more.
  await responder.stop()
  await put(front.agent, 'settled', 'http://127.0.0.1:9', {}, { waitSeconds: 20 })
  expect(front.haproxy.currentWorker().pid).not.toBe(worker)
  expect(await stapledFor(front.ports.https, NAME)).toEqual(stapled)

  const { pid } = front.haproxy.master()
  await front.kill()
  process.kill(pid, 'SIGKILL')
  await front.start()
  expect(await staple(front)).toEqual(stapled)

  // Another one takes nothing from it.
  const next = ca.issue('*.front.test', { extensions: `subjectAltName=DNS:${NAME}` })
  await front.admin.put(PATH, { pem: next.pem })
  await untilShown(front.ports.https, NAME, (shown) => shown === next.fingerprint)
  expect(await stapledFor(front.ports.https, NAME)).toHaveLength(0)
})

it('serves a certificate whose responder is away, or has revoked it, with nothing stapled', async () => {
  const ca = await newOcspCa()
  const front = await startRoutedFront()
  const made = ca.issue(NAME)
  const reloads = await front.reloads()
  await front.admin.put(PATH, { pem: made.pem })
  await vi.waitFor(async () => expect((await told(front)).ocsp.status).toBe('failing'), { timeout: 20_000 })
  await untilShown(front.ports.https, NAME, (shown) => shown === made.fingerprint)
  expect(await stapledFor(front.ports.https, NAME)).toHaveLength(0)

  await ca.start()
  const revoked = ca.issue('*.front.test', { extensions: `subjectAltName=DNS:${NAME}` })
  ca.mark(revoked, 'revoked')
  await front.admin.put(PATH, { pem: revoked.pem })
  await vi.waitFor(async () => expect((await told(front)).ocsp.status).toBe('revoked'), { timeout: 20_000 })
  await untilShown(front.ports.https, NAME, (shown) => shown === revoked.fingerprint)
  expect(await stapledFor(front.ports.https, NAME)).toHaveLength(0)
  expect(await front.reloads()).toBe(reloads)
})
