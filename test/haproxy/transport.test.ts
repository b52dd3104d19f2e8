import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { Agent, createServer, request } from 'node:https'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { backendOf } from '../../shared/gateway/backend/backend-of.ts'
import { printBackend, printConfiguration } from '../../shared/haproxy-text/index.ts'
import { httpRoute, target } from '../gateway/routes.ts'
import { newFolder } from '../support/folder.ts'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { createCertificates } from '../support/haproxy-certificates.ts'
import { get } from '../support/http-clients.ts'
import { listen, startTarget } from '../support/targets.ts'

/** Servers over TLS that offer one protocol, or both. */
async function startTlsServers({ certificates: { edge } }: Haproxy) {
  const version = (request: { httpVersion: string; socket: unknown }) => {
    const { servername } = request.socket as TLSSocket & { servername: string | false }
    return `${request.httpVersion} ${servername || 'no name'}`
  }
  const http1 = createServer(edge, (request, response) => response.end(version(request)))
  const h2 = createSecureServer(edge, (request, response) => response.end(version(request)))
  const both = createSecureServer({ ...edge, allowHTTP1: true }, (request, response) => response.end(version(request)))
  return { http1: await listen(http1), h2: await listen(h2), both: await listen(both) }
}

it('speaks over TLS what the lane says, and nothing else', async () => {
  const haproxy = await startHaproxy()
  const ports = await startTlsServers(haproxy)
  for (const [lane, server, answer] of [
    ['https', 'both', '2.0 name.test'],
    ['https', 'http1', '1.1 name.test'],
    ['https', 'h2', '2.0 name.test'],
    ['https-h1', 'both', '1.1 name.test'],
    ['https-h1', 'h2', 502],
    ['https-h2', 'both', '2.0 name.test'],
    ['https-h2', 'http1', 502],
    ['tls', 'both', /^2.0 /],
    ['tls-h1', 'both', /^1.1 /],
    ['tls-h2', 'both', /^2.0 /],
  ] as const) {
    const name = lane.startsWith('tls') ? '' : 'name.test'
    await haproxy.set('hosts', 'a.apps.test', `${lane}|127.0.0.1|${ports[server]}|${name}|`)
    const { status, body } = await get(haproxy.httpPort, { host: 'a.apps.test' })
    if (typeof answer === 'number') expect([lane, server, status >= 502]).toEqual([lane, server, true])
    else expect([lane, server, body]).toEqual([lane, server, expect.stringMatching(answer)])
  }
})

it('asks nobody by an empty name', async () => {
  const haproxy = await startHaproxy()
  const { both } = await startTlsServers(haproxy)
  for (const lane of ['https', 'https-h1', 'https-h2', 'agent', 'agent-h1', 'agent-h2']) {
    await haproxy.set('hosts', 'a.apps.test', `${lane}|127.0.0.1|${both}||`)
    expect([lane, (await get(haproxy.httpPort, { host: 'a.apps.test' })).status]).toEqual([lane, 503])
  }
})

it('breaks no other connection over TLS by asking targets that have no name', async () => {
  const edit = (text: string) => text.replace('global\n', 'global\n  nbthread 1\n')
  const haproxy = await startHaproxy({ edit })
  const { ca, edge } = haproxy.certificates
  const nameless = createServer(edge, (_, response) => response.writeHead(200, { connection: 'close' }).end('nameless'))
  const plain = await startTarget('plain')
  await haproxy.set('hosts', 'a.apps.test', `tls|127.0.0.1|${await listen(nameless)}||`)
  await haproxy.set('hosts', 'b.apps.test', `http|127.0.0.1|${plain.port}||`)
  const broken: unknown[] = []
  /** One client, whose connection is used again and again. */
  const askOften = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, servername: 'b.apps.test' })
    onTestFinished(() => agent.destroy())
    const sockets = new Set<unknown>()
    for (let turn = 0; turn < 40; turn++) {
      const asked = request({ port: haproxy.httpsPort, host: '127.0.0.1', agent, headers: { host: 'b.apps.test' } })
      asked.on('socket', (socket) => sockets.add(socket)).end()
      await once(asked, 'response').then(([response]) => once(response.resume(), 'end'))
    }
    if (sockets.size !== 1) broken.push(sockets.size)
  }
  const askNameless = async () => {
    for (let turn = 0; turn < 40; turn++) {
      const { status } = await get(haproxy.httpPort, { host: 'a.apps.test' })
      if (status !== 200) broken.push(status)
    }
  }
  await Promise.all([
    ...Array.from({ length: 8 }, () => askOften().catch((error) => broken.push(error))),
    askNameless(),
    askNameless(),
  ])
  expect(broken).toEqual([])
})

it('takes no other server for one that somebody has put into maintenance', async () => {
  const haproxy = await startHaproxy()
  const { agent } = haproxy.certificates
  const wrong = await startTarget('wrong', { speaks: 'https', pem: await agent('agent2') })
  await haproxy.set('hosts', 'a.apps.test', `agent|127.0.0.1|${wrong.port}|agent1.agents.test|`)
  await haproxy.command('set server front_lane/agent state maint')
  expect((await get(haproxy.httpPort, { host: 'a.apps.test' })).status).toBe(503)
  expect(wrong.requests()).toBe(0)
})

it('takes the name alone for an agent, by whatever protocol', async () => {
  const haproxy = await startHaproxy()
  const { ca, agent } = haproxy.certificates
  const right = await startTarget('right', { speaks: 'https', pem: await agent(), ca })
  const wrong = await startTarget('wrong', { speaks: 'https', pem: await agent('agent2'), ca })
  for (const lane of ['agent', 'agent-h1', 'agent-h2']) {
    await haproxy.set('hosts', 'a.apps.test', `${lane}|127.0.0.1|${right.port}|agent1.agents.test|`)
    expect([lane, (await get(haproxy.httpPort, { host: 'a.apps.test' })).status]).toEqual([lane, 200])
    await haproxy.set('hosts', 'a.apps.test', `${lane}|127.0.0.1|${wrong.port}|agent1.agents.test|`)
    expect([lane, (await get(haproxy.httpPort, { host: 'a.apps.test' })).status >= 502]).toEqual([lane, true])
  }
  expect(wrong.requests()).toBe(0)
})

it('verifies a name by the CAs that the machine trusts', async () => {
  const certificates = await createCertificates()
  const { port } = await startTarget('named', { speaks: 'https', pem: await certificates.agent() })
  const trusted = join(newFolder(), 'trusted.pem')
  writeFileSync(trusted, certificates.ca)
  const names = ['agent1.agents.test', 'agent2.agents.test', 'localhost']
  const sections = names.map((host, generation) => {
    const targets = [target(port, { host, address: '127.0.0.1', tls: true })]
    return printBackend(backendOf(httpRoute({ generation, targets, tlsVerify: 'system', check: false })))
  })
  const printed = printConfiguration({ head: [], sections })
  for (const [ca, statuses] of [
    [trusted, [200, 503, 200]],
    ['@system-ca', [503]],
  ] as const) {
    const haproxy = await startHaproxy({ certificates, edit: (text) => text + printed.replaceAll('@system-ca', ca) })
    for (const [generation, status] of statuses.entries()) {
      await haproxy.set('hosts', 'a.apps.test', `none||||b:vps-1.shop:${generation}||`)
      expect([ca, (await get(haproxy.httpPort, { host: 'a.apps.test' })).status]).toEqual([ca, status])
    }
  }
})
