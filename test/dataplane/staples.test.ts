import { existsSync, statSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import { newOcspCa, type OcspCa, type OcspCertificate } from '../support/ocsp-ca.ts'
import { questionAbout } from '../support/ocsp-question.ts'
import { freePort } from '../support/ports.ts'
import { stapledFor } from '../support/served.ts'
import { newCertificate, startDataPlane, type TestDataPlane, upload } from './support.ts'

const HOST = 'shop.front.test'
const PATH = '/storage/ssl_certificates'

async function stapling(options: Parameters<typeof startDataPlane>[0] = {}) {
  const [plane, ca, port] = [await startDataPlane(options), await newOcspCa(), await freePort()]
  const [made, other] = [ca.issue(HOST), newCertificate('other.test')]
  await plane.call('POST', PATH, upload('first.pem', other.certificate + other.key))
  await plane.call('POST', PATH, upload('shop.pem', made.pem))
  await plane.load(`frontend tls
  mode http
  bind 127.0.0.1:${port} ssl crt ${plane.path('ssl/')}
  http-request return status 200
`)
  const shown = async () => (await stapledFor(port, HOST))?.toString('base64')
  return { plane, ca, port, made, shown }
}

const answerOf = async (ca: OcspCa, made: OcspCertificate) =>
  ca.answer((await questionAbout(ca, made)).request).toString('base64')

const reload = async ({ call }: TestDataPlane) => {
  const { text, headers } = await call('GET', '/configuration/raw')
  const version = headers.get('configuration-version')
  const { status } = await call('POST', `/configuration/raw?version=${version}&force_reload=true`, text)
  expect(status).toBe(201)
}

it('staples an answer at once and after a reload, until it is taken away or the certificate is another', async () => {
  const { plane, ca, made, shown } = await stapling()
  expect(await shown()).toBe('')
  const answer = await answerOf(ca, made)
  const worker = async () => (await plane.call('GET', '/runtime/info')).json.info.pid
  const before = await worker()
  expect((await plane.call('PUT', `${PATH}/shop.pem/ocsp`, answer)).status).toBe(204)
  expect(await shown()).toBe(answer)
  expect(await worker()).toBe(before)
  const kept = () => statSync(plane.path('ssl/shop.pem.ocsp')).ino
  const first = kept()
  expect((await plane.call('PUT', `${PATH}/shop.pem/ocsp`, answer)).status).toBe(204)
  expect(kept()).toBe(first)
  const names = (await plane.call('GET', PATH)).json.map((each: { storage_name: string }) => each.storage_name)
  expect(names).toEqual(['first.pem', 'shop.pem'])

  await reload(plane)
  expect(await worker()).not.toBe(before)
  expect(await shown()).toBe(answer)

  expect((await plane.call('DELETE', `${PATH}/shop.pem/ocsp`)).status).toBe(204)
  expect((await plane.call('DELETE', `${PATH}/shop.pem/ocsp`)).status).toBe(204)
  expect(await shown()).toBe('')
  await plane.call('PUT', `${PATH}/shop.pem/ocsp`, answer)
  expect(await shown()).toBe(answer)

  // Its successor is not the one that was asked for.
  const successor = ca.issue('*.front.test', { extensions: `subjectAltName=DNS:${HOST}` })
  expect((await plane.call('PUT', `${PATH}/shop.pem?skip_reload=true`, successor.pem)).status).toBe(200)
  expect(await shown()).toBe('')
  await reload(plane)
  expect(await shown()).toBe('')
  expect(existsSync(plane.path('ssl/shop.pem.ocsp'))).toBe(false)

  await plane.call('PUT', `${PATH}/shop.pem/ocsp`, await answerOf(ca, successor))
  expect((await plane.call('DELETE', `${PATH}/shop.pem?skip_reload=true`)).status).toBe(204)
  expect(existsSync(plane.path('ssl/shop.pem.ocsp'))).toBe(false)
})

it('brings an answer that did not reach HAProxy as soon as it is told again', async () => {
  const { plane, ca, made, shown } = await stapling({ restartDelayMs: 1_000 })
  const answer = await answerOf(ca, made)
  const put = async () => (await plane.call('PUT', `${PATH}/shop.pem/ocsp`, answer)).status
  process.kill(plane.server.pid ?? 0, 'SIGKILL')
  expect(await put()).toBe(503)
  expect(existsSync(plane.path('ssl/shop.pem.ocsp'))).toBe(false)
  await vi.waitFor(async () => expect(await put()).toBe(204), { timeout: 20_000, interval: 50 })
  expect(await shown()).toBe(answer)
})

it('keeps nothing that would stand in the way of a start', async () => {
  const { plane, ca, made, shown } = await stapling()
  const answer = await answerOf(ca, made)
  const put = async (name: string, text: string) => (await plane.call('PUT', `${PATH}/${name}/ocsp`, text)).status
  expect(await put('nothing.pem', answer)).toBe(404)
  expect(await put('first.pem', answer)).toBe(400)
  for (const text of ['no base64!', '', 'A'.repeat(12_292), `${answer}\nshow info`])
    expect(await put('shop.pem', text)).toBe(400)
  // What is base64 and no answer does no harm either.
  expect(await put('shop.pem', btoa('no answer at all'))).toBe(204)
  expect(await shown()).toBe('')
  await reload(plane)
  expect(await shown()).toBe('')
})

it('is told by the client of the API, which knows where there is no such call', async () => {
  const { plane, ca, made, shown } = await stapling()
  const fetch = (request: Request) => plane.server.app.fetch(request)
  const options = { url: 'http://in-process', username: '', password: '' }
  const answer = await answerOf(ca, made)
  const dataPlane = createDataPlane({ ...options, fetch })
  expect(await dataPlane.stapleCertificate('shop.pem', answer)).toBe(true)
  expect(await shown()).toBe(answer)
  expect(await dataPlane.stapleCertificate('shop.pem', null)).toBe(true)
  expect(await shown()).toBe('')
  const real = createDataPlane({ ...options, fetch: () => Response.json({ code: 404 }, { status: 404 }) })
  expect(await real.stapleCertificate('shop.pem', answer)).toBe(false)
})
