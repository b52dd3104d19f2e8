import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { folderAt } from '../../agent/config/folder.ts'
import { readSettings } from '../../agent/config/read.ts'
import { checkFront } from '../../agent/doctor/check-front.ts'
import { diagnose } from '../../agent/doctor/diagnose.ts'
import type { Finding } from '../../agent/doctor/finding.ts'
import { runAgent, startAgent } from '../support/agent.ts'
import { newFolder } from '../support/folder.ts'
import { freePort } from '../support/ports.ts'
import { startRoutedFront } from '../support/routed-front.ts'
import { listen, startTarget } from '../support/targets.ts'
import { initialized } from './support/initialized.ts'
import { registered } from './support.ts'

it('says in words what is wrong, and what to do about it', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const app = await startTarget('hello')
  const plain = await listen(createServer((socket) => socket.on('error', () => undefined).end('no TLS')))
  const { cwd, run, file } = await initialized(front, 'vps-2')
  await run('routes', 'add', 'hello', String(app.port), '--direct')
  await run('routes', 'add', 'gone', String(await freePort()), '--direct')
  await run('routes', 'add', 'main', String(plain), '--database', '--direct')
  const agent = await startAgent({ cwd })
  await agent.said('Route main.vps-2 is at the front')
  await agent.said('Certificate written')

  const ran = await run('doctor')
  expect(ran.code).toBe(1)
  const told = JSON.parse((await run('doctor', '--json')).output).findings as Finding[]
  const of = (subject: string) => told.filter((finding) => finding.subject === subject)
  expect(of('front')).toEqual([expect.objectContaining({ verdict: 'well' })])
  expect(of('clock')[0]?.verdict).toBe('well')
  expect(of('account')[0]?.sentence).toBe('the front knows vps-2; routes: 3')
  expect(of('agent')[0]?.sentence).toBe(`runs, as process ${agent.child.pid}`)
  expect(of('certificate')).toEqual([expect.objectContaining({ verdict: 'well' })])
  expect(of('app hello')).toMatchObject([{ verdict: 'well', advice: null }])
  expect(of('app gone')).toMatchObject([
    { verdict: 'wrong', sentence: expect.stringContaining('nobody listens there') },
  ])
  expect(of('database main')).toMatchObject([
    {
      verdict: 'wrong',
      sentence: 'speaks no TLS, and its clients do',
      advice: expect.stringContaining('certs mongod'),
    },
  ])
  expect(of('dns')[0]).toMatchObject({
    verdict: 'wrong',
    sentence: 'hello.apps.front.test stands for no address: nobody finds it',
    advice: 'Set a DNS record for *.apps.front.test that leads to the front',
  })
  expect(ran.output).toContain('✗ app gone: does not answer at')

  // The agent is stopped, its key lies open, its clock is wrong, and the front is another one.
  await agent.stop()
  const { path } = folderAt(join(cwd, '.cloudlunacy'))
  const folder = folderAt(path)
  chmodSync(folder.key, 0o644)
  const settings = () => readSettings(readFileSync(file, 'utf8'), { file, environment: {} })
  const findings = async (now: () => number = Date.now) => {
    const all: string[] = []
    for await (const { verdict, subject, sentence } of diagnose(settings(), folder, {
      signal: new AbortController().signal,
      now,
    }))
      all.push(`${verdict} ${subject}: ${sentence}`)
    return all.join('\n')
  }
  const inTenMinutes = await findings(() => Date.now() + 600_000)
  expect(inTenMinutes).toMatch(/wrong clock: is 60[01] s ahead of the front’s/)
  expect(inTenMinutes).toContain('wrong agent: does not run')
  expect(inTenMinutes).toContain(`wrong certificate: others may read ${folder.key}, which is secret`)
  expect(await findings(() => Date.now() + 3_650 * 86_400_000)).toContain('wrong certificate: has expired at')

  const document = parseDocument(readFileSync(file, 'utf8'))
  document.set('front', `http://127.0.0.1:${await freePort()}`)
  writeFileSync(file, document.toString())
  expect(await findings()).toMatch(/wrong front: cannot be reached at 127.0.0.1:\d+: nobody listens there/)
})

it('prints what mongod needs, and puts it into a mongod.conf', async () => {
  const cwd = newFolder()
  writeFileSync(join(cwd, 'agent.yaml'), 'agent: vps-2\nfront: http://127.0.0.1:1\naddress: 127.0.0.1\n')
  const run = (...args: string[]) => runAgent(args, { cwd })
  const printed = await run('certs', 'mongod')
  expect(printed.output).toContain(`certificateKeyFile: ${join(cwd, '.cloudlunacy/certificates/mongodb.pem')}`)
  expect(printed.errors).toContain('must be able to read both files')
  const conf = join(newFolder(), 'mongod.conf')
  writeFileSync(conf, 'net:\n  port: 27017 # ours\n', { mode: 0o644 })
  expect((await run('certs', 'mongod', '--write', conf, '--folder', '/etc/mongod-tls')).output).toContain(
    'is written: restart mongod once',
  )
  expect(readFileSync(conf, 'utf8')).toMatch(
    /port: 27017 # ours\n {2}tls:\n {4}mode: requireTLS\n.*\/etc\/mongod-tls\/ca.pem/s,
  )
  expect((await run('certs', 'mongod', '--write', conf, '--folder', '/etc/mongod-tls')).output).toContain(
    'says all of it already',
  )
  expect(await run('certs', 'mongod', '--write', `${conf}.missing`)).toMatchObject({ code: 1 })
})

it('a certificate of the front that is out of its time is told with what this machine’s clock says', async () => {
  const { client, front } = await registered()
  front.clock.nowMs += 100 * 365 * 86_400_000
  const { ca, cert, key } = (await client.configuration()).certificates
  const port = await listen(createTlsServer({ cert, key: key ?? '' }))
  const folder = folderAt(newFolder())
  mkdirSync(folder.certificates.folder)
  writeFileSync(folder.certificates.ca, ca)
  const text = `{ agent: vps-1, address: 192.0.2.1, front: { url: "https://vps-1.mongodb.example.com:${port}", address: 127.0.0.1 } }`
  const settings = readSettings(text, { file: 'agent.yaml', environment: {} })
  const { signal } = new AbortController()
  expect(await checkFront({ settings, folder, now: () => 0, signal })).toMatchObject([
    {
      verdict: 'wrong',
      sentence: expect.stringContaining('certificate is not yet valid by this machine’s clock'),
      advice: expect.stringMatching(/^The clock says 1970-01-01T.* Set it by NTP/),
    },
  ])
})
