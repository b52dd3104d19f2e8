import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { runFront, startFront } from '../support/front-process.ts'
import { freePorts } from '../support/ports.ts'

const ADMIN_TOKEN = /admin-[0-9a-f]{48}/
const ENROLLMENT_TOKEN = /enrollment-[0-9a-f]{48}/

describe('a first start', () => {
  it('prints one block with all that one needs, and answers', async () => {
    const front = await startFront()
    expect(front.output()).toContain(`API             ${front.url}\n`)
    expect(front.output()).toMatch(ADMIN_TOKEN)
    expect(front.output()).toMatch(ENROLLMENT_TOKEN)
    expect(await (await fetch(`${front.url}/api/health`)).json()).toMatchObject({
      success: true,
      status: 'ok',
      checks: { store: 'ok', dataPlanes: 'ok' },
    })
  })

  it('keeps its secrets to its owner, and tokens not at all', async () => {
    const front = await startFront()
    await fetch(`${front.url}/api/health?token=in-the-query`, { headers: { authorization: 'Bearer in-the-header' } })
    const all = readdirSync(front.dataDir, { recursive: true }).map((name) => join(front.dataDir, String(name)))
    const kept = all.filter((path) => !statSync(path).isSocket())
    expect(kept.map((path) => [path, (statSync(path).mode & 0o077).toString(8)])).toEqual(
      kept.map((path) => [path, '0']),
    )

    const files = kept.filter((path) => statSync(path).isFile())
    const stored = files.map((path) => readFileSync(path, 'latin1')).join()
    for (const token of [ADMIN_TOKEN, ENROLLMENT_TOKEN]) expect(stored).not.toMatch(token)
    const secretKey = readFileSync(join(front.dataDir, 'secret.key'), 'utf8').trim()
    expect(secretKey).toMatch(/^[\w-]{43}$/)
    front.child.kill('SIGTERM')
    await front.exited
    for (const secret of [secretKey, 'in-the-query', 'in-the-header']) expect(front.output()).not.toContain(secret)
  })
})

it('finds HAProxy where a user who is not root does not look', async () => {
  const folders = [dirname(process.execPath), '/usr/bin', '/bin']
  expect((await startFront({ PATH: folders.join(':') })).output()).toContain('in this process')
})

describe('a second start', () => {
  it('shows the tokens that the first one did not come to show', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const first = await runFront({ HTTP_PORT: String((other.address() as AddressInfo).port) })
    expect(await first.exited).toBe(1)

    const second = await startFront({ DATA_DIR: first.dataDir })
    expect(second.output()).toMatch(ADMIN_TOKEN)
    expect(second.output()).toMatch(ENROLLMENT_TOKEN)
  })

  it('keeps the key, and shows the tokens no more', async () => {
    const first = await startFront()
    const key = readFileSync(join(first.dataDir, 'secret.key'), 'utf8')
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)

    const second = await startFront({ DATA_DIR: first.dataDir })
    expect(second.output()).not.toMatch(ADMIN_TOKEN)
    expect(readFileSync(join(first.dataDir, 'secret.key'), 'utf8')).toBe(key)
  })

  it('has the ports that the first one had', async () => {
    const [http = 0, https = 0, mongo = 0, stats = 0] = await freePorts(4)
    const ports = { HTTP_PORT: `${http}`, HTTPS_PORT: `${https}`, MONGO_PORT: `${mongo}`, STATS_PORT: `${stats}` }
    const first = await startFront(ports)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)
    expect((await startFront({ ...ports, DATA_DIR: first.dataDir })).output()).toContain(`http://127.0.0.1:${http}`)
  })

  it('needs no help after kill -9', async () => {
    const first = await startFront()
    first.child.kill('SIGKILL')
    expect(await first.exited).toBe('SIGKILL')
    const second = await startFront({ DATA_DIR: first.dataDir })
    expect((await fetch(`${second.url}/api/health`)).status).toBe(200)
  })

  it('tightens a key file that was opened to others', async () => {
    const first = await startFront()
    first.child.kill('SIGTERM')
    await first.exited
    chmodSync(join(first.dataDir, 'secret.key'), 0o644)
    await startFront({ DATA_DIR: first.dataDir })
    expect(statSync(join(first.dataDir, 'secret.key')).mode & 0o777).toBe(0o600)
  })
})

describe('secrets from outside', () => {
  it('are read from files too, and shown by nobody', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'key'), `${'k'.repeat(40)}\n`)
    writeFileSync(join(folder, 'admin'), 'my-own-admin-token\n')
    const front = await startFront({
      SECRET_KEY_FILE: join(folder, 'key'),
      ADMIN_TOKEN_FILE: join(folder, 'admin'),
      ENROLLMENT_TOKEN: 'my-own-enrollment-token',
    })
    expect(existsSync(join(front.dataDir, 'secret.key'))).toBe(false)
    for (const secret of ['my-own-', 'kkkk']) expect(front.output()).not.toContain(secret)
  })

  it('must be the ones that the store was made with', async () => {
    const first = await startFront()
    first.child.kill('SIGTERM')
    await first.exited
    const second = await runFront({
      DATA_DIR: first.dataDir,
      SECRET_KEY: 'another key of at least 32 letters'.replaceAll(' ', '-'),
    })
    expect(await second.exited).toBe(1)
    expect(second.output()).toBe(
      'SECRET_KEY is not the one that this store was made with: set it to that one, or start with an empty store\n',
    )
  })
})

describe('what is wrong is one sentence and exit code 1:', () => {
  it('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const front = await runFront({ PORT: String(port) })
    expect(await front.exited).toBe(1)
    expect(front.output()).toBe(
      `PORT ${port} is in use on 127.0.0.1: stop the program that has it, or set PORT to another number\n`,
    )
  })

  it('a DATA_DIR in use', async () => {
    const first = await startFront()
    const second = await runFront({ DATA_DIR: first.dataDir })
    expect(await second.exited).toBe(1)
    expect(second.output()).toBe(
      `DATA_DIR ${first.dataDir} is in use by another front: stop that one, or give this one another DATA_DIR\n`,
    )
  })

  it('a DATA_DIR that cannot be written', async () => {
    const path = join(newFolder(), 'a-file')
    writeFileSync(path, '')
    const front = await runFront({ DATA_DIR: path })
    expect(await front.exited).toBe(1)
    expect(front.output()).toBe(
      `DATA_DIR ${path} cannot be written: give this user write access to it, or set DATA_DIR to a folder of its own\n`,
    )
  })

  it('several variables, all named at once', async () => {
    const front = await runFront({
      PORT: '99999',
      LOG_LEVEL: 'loud',
      KV: 'redis://x',
      SECRET_KEY_FILE: '',
      JWT_TTL_SECONDS: '1e3',
    })
    expect(await front.exited).toBe(1)
    expect(front.output().trim().split('\n').sort()).toEqual([
      'JWT_TTL_SECONDS must be a whole number from 60 to 86400',
      'KV must be memory:, sqlite:PATH or etcd://host:port,host:port',
      'LOG_LEVEL must be one of debug, info, warn, error',
      'PORT must be a port from 1 to 65535',
    ])
  })

  it('a secret file that is not there', async () => {
    const front = await runFront({ SECRET_KEY_FILE: '/nowhere/key' })
    expect(await front.exited).toBe(1)
    expect(front.output()).toBe(
      'SECRET_KEY_FILE /nowhere/key cannot be read: see that it exists and that this user may read it\n',
    )
  })

  it('a CA without a certificate, lest all are believed that everybody believes', async () => {
    const front = await runFront({ DATAPLANE_URL: 'https://admin:x@127.0.0.1:1', DATAPLANE_CA: '/dev/null' })
    expect(await front.exited).toBe(1)
    expect(front.output()).toBe('DATAPLANE_CA /dev/null holds no certificate: name a file of certificates as PEM\n')
  })
})

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('lets a request finish, closes everything and ends with 0', async () => {
    const front = await startFront()
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const writer = body.writable.getWriter()
    const answer = fetch(`${front.url}/api/nothing`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body.readable,
      duplex: 'half',
    } as RequestInit)
    await writer.write(new TextEncoder().encode('{'))
    await fetch(`${front.url}/api/health/live`)
    front.child.kill(signal)
    await waitFor(() =>
      fetch(`${front.url}/api/health/live`).then(
        () => false,
        () => true,
      ),
    )
    await writer.write(new TextEncoder().encode('}'))
    await writer.close()
    expect((await answer).status).toBe(404)
    expect(await front.exited).toBe(0)
    expect(front.output()).toContain('Stopped')
  })
})

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}
