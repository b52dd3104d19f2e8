import { createConnection, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { forge } from '../pki/support.ts'
import { namesake } from '../support/client-certificates.ts'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { exchange } from '../support/http-clients.ts'
import { listen } from '../support/targets.ts'

/** Says its name and gives back what comes. */
const greeter = (name: string) => (socket: Socket) => {
  socket.on('error', () => {})
  socket.write(`${name} `)
  socket.pipe(socket)
}

/** What comes back over TLS under this name for `ping`; or `closed`. */
function ping(haproxy: Haproxy, servername: string, options: { cert?: string; key?: string; before?: string } = {}) {
  const { before, ...certificate } = options
  return new Promise<string>((resolve) => {
    const raw = createConnection(haproxy.mongoPort, '127.0.0.1')
    if (before) raw.write(before)
    const socket = connect({ socket: raw, servername, ca: haproxy.certificates.ca, ...certificate })
    onTestFinished(() => void socket.destroy())
    let came = ''
    socket.on('data', (data) => {
      came += data
      if (came.includes('ping')) resolve(came)
    })
    socket.on('error', () => resolve('closed')).on('close', () => resolve('closed'))
    socket.write('ping')
  })
}

async function startDatabases(): Promise<{ haproxy: Haproxy; pass: number; term: number }> {
  const haproxy = await startHaproxy({ edit: (text) => text + STANDING })
  const agent = await haproxy.certificates.agent()
  const pass = await listen(createTlsServer(agent, greeter('own-tls')))
  const term = await listen(createServer(greeter('plain')))
  await haproxy.set('sni', 'agent1.mongodb.test', `pass|127.0.0.1|${pass}||`)
  await haproxy.set('sni', 'db.agent1.mongodb.test', `term|127.0.0.1|${term}||`)
  return { haproxy, pass, term }
}

const STANDING = `
backend b:m1:1 from front_base_tcp
  tcp-request content reject unless { ssl_c_verify 0 } { ssl_c_s_dn(cn) -m str agent1 }
  tcp-request content set-dst str(127.0.0.1)
  tcp-request content set-dst-port var(sess.dst),field(3,|)
  server s1 0.0.0.0:0
backend b:m2:1 from front_base_tcp
  tcp-request content reject
`

it('passes TLS through to the target, or ends it, by the name in the hello', async () => {
  const { haproxy, term } = await startDatabases()
  expect(await ping(haproxy, 'agent1.mongodb.test')).toBe('own-tls ping')
  expect(await ping(haproxy, 'AGENT1.mongodb.test')).toBe('own-tls ping')
  expect(await ping(haproxy, 'db.agent1.mongodb.test')).toBe('plain ping')
  await haproxy.set('sni', 'db.agent1.mongodb.test', `term|127.0.0.1|${term}||b:m2:1`)
  expect(await ping(haproxy, 'db.agent1.mongodb.test')).toBe('closed')
  await haproxy.set('sni', 'db.agent1.mongodb.test', `term|127.0.0.1|${term}||b:m2:2`)
  expect(await ping(haproxy, 'db.agent1.mongodb.test')).toBe('plain ping')
})

it('lets a backend ask for a client’s certificate where it ends TLS', async () => {
  const { haproxy, term } = await startDatabases()
  await haproxy.set('sni', 'db.agent1.mongodb.test', `term|127.0.0.1|${term}||b:m1:1`)
  expect(await ping(haproxy, 'db.agent1.mongodb.test')).toBe('closed')
  expect(await ping(haproxy, 'db.agent1.mongodb.test', await haproxy.certificates.agent())).toBe('plain ping')
  expect(await ping(haproxy, 'db.agent1.mongodb.test', await haproxy.certificates.agent('agent2'))).toBe('closed')
})

it('goes to an agent’s ingress by mutual TLS and the name of the database, with the client’s bytes inside', async () => {
  const { haproxy, pass } = await startDatabases()
  const { ca, agent } = haproxy.certificates
  let connections = 0
  /** Says who came, by which name, and passes on. */
  const ingress = async (pem: { cert: string; key: string }) =>
    listen(
      createTlsServer({ ...pem, ca, requestCert: true, rejectUnauthorized: true }, (socket) => {
        connections++
        const { servername } = socket as TLSSocket & { servername: string }
        const target = createConnection(pass)
        if (servername === 'agent1.mongodb.test') socket.pipe(target).pipe(socket)
        else greeter(`${socket.getPeerCertificate().subject.CN} for ${servername}`)(socket)
        for (const each of [socket, target]) each.on('error', () => {})
      }).on('tlsClientError', () => {}),
    )
  const right = await ingress(await agent())
  await haproxy.set('sni', 'agent1.mongodb.test', `pass|127.0.0.1|${right}|agent1.mongodb.test|`)
  await haproxy.set('sni', 'db.agent1.mongodb.test', `term|127.0.0.1|${right}|db.agent1.mongodb.test|`)
  expect(await ping(haproxy, 'agent1.mongodb.test')).toBe('own-tls ping')
  expect(await ping(haproxy, 'db.agent1.mongodb.test')).toBe('front for db.agent1.mongodb.test ping')

  connections = 0
  const wrong = await ingress(await agent('agent2'))
  const late = Date.now() - 60_000
  const signer = {
    certificate: haproxy.certificates.root.certificate,
    privateKey: haproxy.certificates.root.privateKey,
  }
  const named = { commonName: 'agent1', dnsNames: ['agent1.mongodb.test', '*.agent1.mongodb.test', 'localhost'] }
  const expired = await ingress(await forge(signer, named, { notAfterMs: late }))
  const stranger = await ingress(await forge(await namesake(ca), named))
  const plain = await listen(createServer(greeter('plain')))
  const refused = [wrong, expired, stranger, plain].flatMap((port) =>
    ['pass', 'term'].map((lane) => ({
      name: `${lane}-${port}.agent1.mongodb.test`,
      value: `${lane}|127.0.0.1|${port}`,
    })),
  )
  for (const { name, value } of refused) await haproxy.set('sni', name, `${value}|${name}|`)
  const answers = await Promise.all(refused.map(({ name }) => ping(haproxy, name)))
  expect(answers).toEqual(refused.map(() => 'closed'))
  expect(connections).toBe(0)

  // The other server of the lane would verify nobody.
  await haproxy.set('sni', 'agent1.mongodb.test', `pass|127.0.0.1|${pass}|agent1.mongodb.test|`)
  await haproxy.command('set server front_mongo_lane/agent state maint')
  expect(await ping(haproxy, 'agent1.mongodb.test')).toBe('closed')
})

it('says nothing to whoever names no database that is known', async () => {
  const { haproxy, pass } = await startDatabases()
  await haproxy.set('sni', 'off.mongodb.test', `off|127.0.0.1|${pass}||`)
  for (const name of ['agent2.mongodb.test', 'x.agent1.mongodb.test', 'mongodb.test', 'off.mongodb.test']) {
    expect([name, await ping(haproxy, name)]).toEqual([name, 'closed'])
  }
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x3a\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0', '\x16\x03\x01']) {
    expect(await exchange(haproxy.mongoPort, Buffer.from(`${bytes}${'\0'.repeat(64)}`, 'latin1'))).toBe('')
  }
})

it('connects no database to what no target may be', async () => {
  const { haproxy, pass, term } = await startDatabases()
  for (const target of [
    'x|1',
    `|${pass}`,
    '127.0.0.1|',
    '127.0.0.1|0',
    '127.0.0.1|x',
    `0.0.0.0|${pass}`,
    `::|${pass}`,
    '169.254.169.254|80',
    `::ffff:127.0.0.1|${pass}`,
    `64:ff9b::7f00:1|${pass}`,
    'fe80::1|1',
    '224.0.0.1|1',
    `127.0.0.1|${haproxy.mongoPort}`,
    `127.0.0.1|${haproxy.httpPort}`,
  ]) {
    await haproxy.set('sni', 'agent1.mongodb.test', `pass|${target}||`)
    expect([target, await ping(haproxy, 'agent1.mongodb.test')]).toEqual([target, 'closed'])
    await haproxy.set('sni', 'db.agent1.mongodb.test', `term|${target}||`.replace(String(pass), String(term)))
    expect([target, await ping(haproxy, 'db.agent1.mongodb.test')]).toEqual([target, 'closed'])
  }
})

it('cuts off who never comes to the hello', async () => {
  const haproxy = await startHaproxy({ edit: (all) => all.replaceAll('inspect-delay 5s', 'inspect-delay 100ms') })
  const socket = createConnection(haproxy.mongoPort, '127.0.0.1')
  socket.write(Buffer.from([0x16, 0x03]))
  expect(await text(socket).catch(() => '')).toBe('')
})

it('caps the connections of one database', async () => {
  const { haproxy, term } = await startDatabases()
  const capped = await startHaproxy({
    values: { ROUTE_MAXCONN: '2' },
    maps: {
      sni: {
        'db.agent1.mongodb.test': `term|127.0.0.1|${term}||`,
        'x.mongodb.test': `term|127.0.0.1|${term}||`,
        'own.mongodb.test': `term|127.0.0.1|${term}|||agent1.0f|3`,
      },
    },
  })
  const name = 'db.agent1.mongodb.test'
  expect([await ping(capped, name), await ping(capped, name), await ping(capped, name)]).toEqual([
    'plain ping',
    'plain ping',
    'closed',
  ])
  expect(await ping(capped, 'x.mongodb.test')).toBe('plain ping')
  for (const answer of ['plain ping', 'plain ping', 'plain ping', 'closed'])
    expect(await ping(capped, 'own.mongodb.test')).toBe(answer)
  expect(await haproxy.command('show table front_routes')).toContain('used:0')
})

it('tells a database who its client is only to HAProxy’s own end of TLS', async () => {
  const { haproxy } = await startDatabases()
  const proxied = 'PROXY TCP4 203.0.113.5 127.0.0.1 4000 27017\r\n'
  expect(await ping(haproxy, 'agent1.mongodb.test', { before: proxied })).toBe('closed')
  await haproxy.set('trusted', '127.0.0.0/8', 'proxy')
  expect(await ping(haproxy, 'agent1.mongodb.test', { before: proxied })).toBe('own-tls ping')
  expect(await ping(haproxy, 'db.agent1.mongodb.test', { before: proxied })).toBe('plain ping')
  expect(await ping(haproxy, 'agent1.mongodb.test')).toBe('closed')
})
