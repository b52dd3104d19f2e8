import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { expect, it } from 'vitest'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import { freePort } from '../support/ports.ts'
import { newCertificate, startDataPlane, upload } from './support.ts'

it('reads the counters of a stick table', async () => {
  const plane = await startDataPlane()
  const port = await freePort()
  await plane.load(`backend per_host
  stick-table type string len 64 size 1k expire 1h store http_req_cnt,http_req_rate(10s),bytes_out_cnt
frontend web
  bind 127.0.0.1:${port}
  mode http
  http-request track-sc0 hdr(x-key) table per_host
  http-request return status 200
`)
  await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-key': 'a.apps.test' } })
  expect((await plane.call('GET', '/runtime/stick_tables')).json).toEqual([
    { name: 'per_host', type: 'string', size: 1024, used: 1 },
  ])
  const { json } = await plane.call('GET', '/runtime/stick_tables/per_host/entries')
  expect(json).toMatchObject([{ key: 'a.apps.test', http_req_cnt: 1, http_req_rate: 1 }])
  const none = await plane.call('GET', '/runtime/stick_tables/per_host/entries?key=b.apps.test')
  expect([none.status, none.json]).toEqual([200, []])
  expect((await plane.call('GET', '/runtime/stick_tables/nothing/entries')).status).toBe(404)
})

it('serves a new name with its certificate, and another certificate for it, without a reload', async () => {
  const plane = await startDataPlane()
  const port = await freePort()
  const [first, second, other] = ['one.test', 'two.test', 'new.two.test'].map((name) => newCertificate(name))
  const pem = (each: typeof first) => `${each?.certificate}${each?.key}`
  await plane.call('POST', '/storage/ssl_certificates', upload('one.pem', pem(first)))
  writeFileSync(plane.path('list.txt'), 'ssl/one.pem one.test\n')
  await plane.load(`frontend tls
  bind 127.0.0.1:${port} ssl crt-list list.txt
  mode http
  http-request return status 200
`)
  expect(await subject(port, 'two.test')).toBe('one.test')

  const { json } = await plane.call('POST', '/storage/ssl_certificates', upload('two.pem', pem(second)))
  const entry = { file: json.file, sni_filter: ['two.test'] }
  expect((await plane.call('POST', '/runtime/ssl_crt_lists/entries?name=list.txt', entry)).status).toBe(201)
  expect(await subject(port, 'two.test')).toBe('two.test')
  expect((await plane.call('GET', '/runtime/ssl_crt_lists/entries?name=list.txt')).json).toMatchObject([
    { file: 'ssl/one.pem', sni_filter: ['one.test'] },
    entry,
  ])

  const replaced = await plane.call('PUT', '/storage/ssl_certificates/two.pem', pem(other))
  expect([replaced.status, replaced.headers.has('reload-id')]).toEqual([200, false])
  expect(await subject(port, 'two.test')).toBe('new.two.test')

  const gone = `/runtime/ssl_crt_lists/entries?name=list.txt&cert_file=${encodeURIComponent(json.file)}`
  expect((await plane.call('DELETE', gone)).status).toBe(204)
  expect((await plane.call('DELETE', gone)).status).toBe(404)
})

function subject(port: number, servername: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      const name = socket.getPeerCertificate().subject?.CN
      socket.destroy()
      resolve(Array.isArray(name) ? name[0] : name)
    }).on('error', reject)
  })
}

it('knows a certificate that it serves by its fingerprint', async () => {
  const plane = await startDataPlane()
  const fetch = (request: Request) => plane.server.app.fetch(request)
  const dataPlane = createDataPlane({ url: 'http://in-process', username: '', password: '', fetch })
  const made = newCertificate('one.test')
  const { fingerprint256 } = new X509Certificate(made.certificate)
  await dataPlane.storeCertificate('one.pem', made.certificate + made.key)
  expect(await dataPlane.servesCertificate('one.pem', fingerprint256)).toBe(false)
  await plane.load(`frontend tls\n  mode http\n  bind 127.0.0.1:${await freePort()} ssl crt ${plane.path('ssl/')}\n`)
  expect(await dataPlane.servesCertificate('one.pem', fingerprint256)).toBe(true)
  expect(await dataPlane.servesCertificate('one.pem', newFingerprint())).toBe(false)
  expect(await dataPlane.servesCertificate('two.pem', fingerprint256)).toBe(false)
})

const newFingerprint = () => new X509Certificate(newCertificate('one.test').certificate).fingerprint256
