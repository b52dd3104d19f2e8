import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished } from 'vitest'
import { parseDocument } from 'yaml'
import { handshake } from '../../agent/mongod/handshake.ts'
import { startAgent } from '../support/agent.ts'
import { itWithMongod, startMongod } from '../support/mongod.ts'
import { freePort } from '../support/ports.ts'
import { startRoutedFront } from '../support/routed-front.ts'
import { initialized } from './support/initialized.ts'

itWithMongod('lets the official driver write and read through HAProxy by the agent’s names and CA', async () => {
  const front = await startRoutedFront()
  const { cwd, run, file } = await initialized(front, 'vps-2')
  const certificates = join(cwd, '.cloudlunacy/certificates')
  const port = await freePort()
  const document = parseDocument(readFileSync(file, 'utf8'))
  document.set('databases', document.createNode([{ port, admin: `mongodb://127.0.0.1:${port}` }]))
  writeFileSync(file, document.toString())
  const agent = await startAgent({ cwd })
  await agent.said('Certificate written')
  // As somebody who starts mongod once the files are there, and then never touches it again.
  await startMongod(join(certificates, 'mongodb.pem'), port)
  await agent.said('Route vps-2 is at the front')

  const host = front.databaseOf('vps-2')
  const client = new MongoClient(`mongodb://${host}:${front.ports.mongo}/?tls=true&directConnection=true`, {
    tlsCAFile: join(certificates, 'ca.pem'),
    // The name is in no DNS here.
    lookup: ((_name: string, _options: object, done: (...answer: unknown[]) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }])) as never,
    serverSelectionTimeoutMS: 20_000,
  })
  onTestFinished(() => client.close())
  const documents = client.db('shop').collection('orders')
  const failures: unknown[] = []
  let [written, over] = [0, false]
  const writing = (async () => {
    while (!over) {
      await documents.insertOne({ number: written }).then(
        () => written++,
        (error) => failures.push(error),
      )
      await pause(5)
    }
  })()
  const someMore = async () => {
    for (const enough = written + 20; written < enough && failures.length === 0; ) await pause(10)
  }
  await someMore()

  await front.kill()
  await someMore()
  await front.start()
  const shown = () => handshake({ port: front.ports.mongo, servername: host })
  const before = await shown()
  expect(before.checkHost(host)).toBe(host)
  expect((await run('certs', 'renew')).code).toBe(0)
  while ((await shown()).fingerprint256 === before.fingerprint256) await pause(50)
  await someMore()
  over = true
  await writing
  expect(failures).toEqual([])
  expect(await documents.countDocuments()).toBe(written)
  expect(await documents.findOne({ number: 1 })).toMatchObject({ number: 1 })

  const told = JSON.parse((await run('doctor', '--json')).output).findings as { subject: string; sentence: string }[]
  expect(told.filter(({ subject }) => subject === 'database database').map(({ sentence }) => sentence)).toEqual([
    'answers by TLS, with the agent’s certificate',
    'lets the agent log in',
  ])
  expect(told.filter(({ subject }) => subject === 'ingress').map(({ sentence }) => sentence)).toEqual([
    expect.stringMatching(/^listens on port \d+$/),
    expect.stringMatching(/^the front’s HAProxy reaches 127.0.0.1:\d+$/),
  ])
})
