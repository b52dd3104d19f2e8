import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { freePort } from '../support/ports.ts'
import { HAPROXY, newCertificate, startDataPlane, upload } from './support.ts'

/** A HAProxy that notes how it was called. */
function notingHaproxy() {
  const folder = newFolder()
  const [program, notes] = [join(folder, 'haproxy'), join(folder, 'notes')]
  writeFileSync(program, `#!/bin/sh\necho "$*" >> ${notes}\nexec ${HAPROXY} "$@"\n`, { mode: 0o700 })
  const checks = () => readFileSync(notes, 'utf8').match(/^-c /gm)?.length ?? 0
  return { program, checks }
}

it('what was looked at ahead is loaded without another look, and nothing else is', async () => {
  const { program, checks } = notingHaproxy()
  const { call } = await startDataPlane({ haproxy: program })
  const { text } = await call('GET', '/configuration/raw')
  const push = (version: number, body: string) =>
    call('POST', `/configuration/raw?version=${version}&force_reload=true`, body)

  const [good, other] = ['one', 'two'].map((name) => `${text}\nbackend ${name}\n  mode http\n`)
  expect((await call('POST', '/configuration/raw/check', good)).status).toBe(204)
  expect((await push(1, good as string)).status).toBe(201)
  expect(checks()).toBe(1)
  await call('POST', '/configuration/raw/check', good)
  expect((await push(2, other as string)).status).toBe(201)
  expect(checks()).toBe(3)

  const { id } = (await call('POST', '/transactions?version=3')).json
  await call('POST', `/configuration/backends?transaction_id=${id}`, { name: 'three', mode: 'http' })
  expect((await call('POST', `/transactions/${id}/check`)).status).toBe(204)
  expect((await call('PUT', `/transactions/${id}?force_reload=true`)).status).toBe(200)
  expect(checks()).toBe(4)
})

it('what HAProxy does not want is refused ahead in its words, and when it is pushed all the same', async () => {
  const { call } = await startDataPlane()
  const { text } = await call('GET', '/configuration/raw')
  const bad = `${text}\nbackend one\n  mode nothing\n`
  const ahead = await call('POST', '/configuration/raw/check', bad)
  expect([ahead.status, ahead.json.message]).toEqual([400, expect.stringContaining("unknown proxy mode 'nothing'")])
  expect((await call('POST', '/configuration/raw?version=1&force_reload=true', bad)).status).toBe(400)
  expect((await call('GET', '/configuration/raw')).text).toBe(text)
})

it('one certificate is read for the check, and another one that cannot be loaded leaves the worker that runs', async () => {
  const { call, load, path } = await startDataPlane()
  const { certificate, key } = newCertificate('one.test')
  await call('POST', '/storage/ssl_certificates', upload('one.pem', certificate + key))
  await load(`frontend tls
  mode http
  bind 127.0.0.1:${await freePort()} ssl crt ${path('ssl')}/ alpn http/1.1
  http-request return status 200
`)
  const before = await call('GET', '/configuration/raw')
  const { pid } = (await call('GET', '/runtime/info')).json.info
  const push = async () => {
    const { text, headers } = await call('GET', '/configuration/raw')
    const version = headers.get('configuration-version')
    return call(
      'POST',
      `/configuration/raw?version=${version}&force_reload=true`,
      `${text}\nbackend one\n  mode http\n`,
    )
  }
  const broken = path('ssl', 'two.pem')
  writeFileSync(broken, 'no certificate')

  expect((await call('POST', '/configuration/raw/check', before.text)).status).toBe(204)
  const refused = await push()
  expect([refused.status, refused.json.message]).toEqual([400, expect.stringMatching(/reload.*two[.]pem/is)])
  expect((await call('GET', '/configuration/raw')).text).toContain(before.text.slice(before.text.indexOf('global')))
  expect((await call('GET', '/runtime/info')).json.info.pid).toBe(pid)
  rmSync(broken)
  expect((await push()).status).toBe(201)
})
