import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { HAPROXY, startDataPlane } from './support.ts'

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
