import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { newFolder } from '../support/folder.ts'

const run = promisify(execFile)
const compose = parse(readFileSync('docker-compose.yml', 'utf8'))
const dataPlaneApi = parse(readFileSync('haproxy/dataplaneapi.yml', 'utf8'))

it('docker-compose.yml is what the compose specification allows', () => {
  // Of github.com/compose-spec/compose-spec, commit 170098b, Apache-2.0.
  const schema = JSON.parse(readFileSync('test/fixtures/compose-spec.json', 'utf8'))
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  const valid = ajv.compile({ ...schema, $schema: 'https://json-schema.org/draft/2020-12/schema' })
  expect(valid(compose), JSON.stringify(valid.errors)).toBe(true)
  expect(valid({ ...compose, services: { front: { no_such_key: 1 } } })).toBe(false)
})

it('names no secret, volume, network or file that there is not', () => {
  for (const service of [compose.services.front, compose.services.haproxy]) {
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(service.secrets))
    expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(service.networks))
    for (const volume of service.volumes) {
      const source = typeof volume === 'string' ? volume.split(':')[0] : volume.source
      if (source.startsWith('.')) expect(existsSync(source), source).toBe(true)
      else expect(compose.volumes).toHaveProperty(source)
    }
  }
})

it('shows the Data Plane API to the front alone', () => {
  const { front, haproxy } = compose.services
  expect(haproxy.ports.join()).not.toContain(String(dataPlaneApi.dataplaneapi.port))
  expect(compose.networks.control.internal).toBe(true)
  expect(haproxy.networks.filter((name: string) => front.networks.includes(name))).toEqual(['control'])
})

async function start(url: string) {
  const folder = newFolder()
  const env = { PATH: process.env.PATH, CONFIG_DIR: folder, RUN_DIR: folder, DATAPLANE_URL_FILE: join(folder, 'url') }
  writeFileSync(env.DATAPLANE_URL_FILE, `${url}\n`)
  const again = () => run('/bin/sh', ['haproxy/container-start.sh', 'echo', 'started'], { env })
  return { folder, again, read: (name: string) => readFileSync(join(folder, name), 'utf8'), ...(await again()) }
}

it('the container makes the user of the secret, for nobody else to read', async () => {
  const { folder, stdout, read } = await start('http://front:a-b_c.1@haproxy:5555')
  expect(stdout).toBe('started\n')
  expect(read('dataplane-users.cfg')).toBe('userlist dataplane\n  user front insecure-password a-b_c.1\n')
  expect(statSync(join(folder, 'dataplane-users.cfg')).mode & 0o077).toBe(0)
  expect(dataPlaneApi.dataplaneapi.userlist).toEqual({
    userlist: 'dataplane',
    userlist_file: '/run/dataplane-users.cfg',
  })
})

it.each(['http://haproxy:5555', 'http://front@haproxy:5555', 'http://front:a b@haproxy', 'http://f:a"b@haproxy', ''])(
  'the container does not start with %j, and does not repeat it',
  async (url) => {
    const error = await start(url).then(
      () => null,
      (reason: { stderr: string }) => reason,
    )
    expect(error?.stderr).toMatch(/must hold http:\/\/USER:PASSWORD@haproxy:5555/)
    if (url) expect(error?.stderr).not.toContain(url)
  },
)

it('the container has a first configuration, and keeps what the front has pushed', async () => {
  const { folder, again, read } = await start('http://front:secret@haproxy:5555')
  expect(read('haproxy.cfg')).toBe(readFileSync('haproxy/first-start.cfg', 'utf8'))
  for (const name of ['maps', 'ssl', 'general']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
  writeFileSync(join(folder, 'haproxy.cfg'), 'pushed\n')
  await again()
  expect(read('haproxy.cfg')).toBe('pushed\n')
})

it('HAProxy takes the first configuration', async () => {
  const { stderr } = await run('haproxy', ['-c', '-V', '-f', 'haproxy/first-start.cfg'])
  expect(stderr).not.toMatch(/ALERT|WARNING/)
})
