import { once } from 'node:events'
import { createConnection } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { forge } from '../../pki/support.ts'
import { namesake } from '../../support/client-certificates.ts'
import { createCertificates, type Pem } from '../../support/haproxy-certificates.ts'
import { startTarget } from '../../support/targets.ts'
import { appRoute, http1At, startIngress } from './support.ts'

const HOST = 'shop.apps.test'

/** What comes back for a request, or `closed`. */
function ask(port: number, servername: string, client: Partial<Pem>, more: object = {}): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...client, ...more })
  onTestFinished(() => void socket.destroy())
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
  return new Promise((resolve) => {
    socket.on('data', (data) => resolve(String(data)))
    for (const end of ['error', 'close']) socket.on(end, () => resolve('closed'))
  })
}

it('takes the front alone, however it comes', async () => {
  const certificates = await createCertificates()
  const { ca, front, root } = certificates
  const own = await certificates.agent()
  const other = await certificates.agent('agent2')
  const app = await startTarget('app')
  const database = await startTarget('database')
  const ingress = await startIngress({ ...own, ca }, [
    appRoute(HOST, http1At(app.port)),
    { type: 'mongodb', host: 'agent1.mongodb.test', upstream: http1At(database.port) },
  ])
  const late = { notAfterMs: Date.now() - 60_000 }
  const strangers: Record<string, Partial<Pem>> = {
    nobody: {},
    'another agent': other,
    itself: own,
    'the edge, which has no certificate for clients': certificates.edge,
    'the front of another CA': await forge(await namesake(ca), { commonName: 'front', dnsNames: [] }),
    'a front whose certificate has expired': await forge(root, { commonName: 'front', dnsNames: [] }, late),
    'somebody who is almost called so': await forge(root, { commonName: 'Front', dnsNames: ['front'] }),
  }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const name of ['agent1.agents.test', 'agent1.mongodb.test']) {
      expect(await ask(ingress.port, name, front, { maxVersion })).toContain('HTTP/1.1 200')
      for (const [who, client] of Object.entries(strangers))
        expect([who, await ask(ingress.port, name, client, { maxVersion })]).toEqual([who, 'closed'])
    }
  }
  expect([app.requests(), database.requests()]).toEqual([2, 2])
})

it('shakes hands in no old version of TLS, and resumes no session', async () => {
  const { ca, front, agent } = await createCertificates()
  const app = await startTarget('app')
  const ingress = await startIngress({ ...(await agent()), ca }, [appRoute(HOST, http1At(app.port))])
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
  expect(await ask(ingress.port, 'agent1.agents.test', front, old)).toBe('closed')

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const open = (session?: Buffer): TLSSocket =>
      connect({
        port: ingress.port,
        host: '127.0.0.1',
        ca,
        servername: 'agent1.agents.test',
        ...front,
        maxVersion,
        session,
      })
    const first = open()
    onTestFinished(() => void first.destroy())
    first.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
    await once(first, 'data')
    const second = open(first.getSession())
    onTestFinished(() => void second.destroy())
    await once(second, 'secureConnect')
    expect([maxVersion, second.isSessionReused()]).toEqual([maxVersion, false])
  }
})

it('keeps no connection of who goes as soon as hands are shaken, or never shakes them', async () => {
  const { ca, front, agent } = await createCertificates()
  const ingress = await startIngress({ ...(await agent()), ca }, [], { handshakeMs: 200 })
  const options = { port: ingress.port, host: '127.0.0.1', ca, servername: 'agent1.agents.test', ...front }
  for (const ALPNProtocols of [['h2'], ['http/1.1'], []]) {
    const socket = connect({ ...options, ALPNProtocols }).resume()
    socket.allowHalfOpen = true
    await once(socket, 'secureConnect')
    socket.end()
    await once(socket, 'end')
  }
  const silent = createConnection({ port: ingress.port, host: '127.0.0.1' }).resume()
  await once(silent, 'close')
})
