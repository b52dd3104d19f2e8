import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { forge } from '../pki/support.ts'
import { forgedClients, namesake } from '../support/client-certificates.ts'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { createCertificates } from '../support/haproxy-certificates.ts'
import { listen } from '../support/targets.ts'

const HOST = 'db.agent1.mongodb.test'
const BACKEND = `
backend b:m1:1 from front_base_tcp
  tcp-request content reject unless { var(sess.agent) -m str agent1 }
  server s1 127.0.0.1:PORT
`

interface Try {
  cert?: string
  key?: string
  session?: Buffer
  maxVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** What comes back for `ping`, and how to come again. */
async function ping({ mongoPort, certificates }: Haproxy, options: Try) {
  const socket: TLSSocket = connect({ port: mongoPort, servername: HOST, ca: certificates.ca, ...options })
  onTestFinished(() => void socket.destroy())
  let session = socket.getSession()
  socket.on('session', (given) => {
    session = given
  })
  const came = new Promise<string>((resolve) => {
    socket.on('data', (data) => resolve(String(data)))
    socket.on('error', () => resolve('closed')).on('close', () => resolve('closed'))
  })
  let resumed = false
  socket.on('secureConnect', () => {
    resumed = socket.isSessionReused()
    socket.write('ping')
  })
  const answer = await came
  return { answer, session: session ?? socket.getSession(), resumed, socket }
}

async function startDatabase() {
  const certificates = await createCertificates()
  let bytes = 0
  const database = createServer((socket: Socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        bytes += data.length
        socket.write(data)
      })
  })
  const port = await listen(database)
  const edit = (text: string) => text + BACKEND.replace('PORT', String(port))
  const haproxy = await startHaproxy({ certificates, edit })
  await haproxy.set('sni', HOST, 'term||||b:m1:1||')
  return { haproxy, certificates, bytes: () => bytes }
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  it(`lets in by ${maxVersion} whom the certificate names, and nobody else, however often they come`, async () => {
    const { haproxy, certificates, bytes } = await startDatabase()
    const clients = await forgedClients(certificates.root, 'agent1')
    const wrongCa = await forge(await namesake(certificates.ca), { commonName: 'agent1', dnsNames: [] })
    const { right, void: revoked, ...others } = clients
    await haproxy.set('void', revoked.serial, '1')
    for (const [who, options] of Object.entries({ ...others, revoked, wrongCa, none: {} })) {
      const first = await ping(haproxy, { ...options, maxVersion })
      const again = await ping(haproxy, { ...options, maxVersion, session: first.session })
      expect([who, first.answer, again.resumed, again.answer, bytes()]).toEqual([who, 'closed', true, 'closed', 0])
    }
    const first = await ping(haproxy, { ...right, maxVersion })
    const again = await ping(haproxy, { ...right, maxVersion, session: first.session })
    expect([first.answer, again.resumed, again.answer, bytes()]).toEqual(['ping', true, 'ping', 8])
  })
}

it('refuses a certificate from the moment of its revocation, and finds what it has open', async () => {
  const { haproxy, certificates } = await startDatabase()
  const { void: revoked } = await forgedClients(certificates.root, 'agent1')
  const first = await ping(haproxy, revoked)
  expect(first.answer).toBe('ping')
  expect(await haproxy.command('show table front_clients')).toContain(`key=${revoked.serial}|`)
  await haproxy.set('void', revoked.serial, '1')
  for (const session of [first.session, undefined]) {
    expect((await ping(haproxy, { ...revoked, ...(session && { session }) })).answer).toBe('closed')
  }
  first.socket.destroy()
  await once(first.socket, 'close')
})
