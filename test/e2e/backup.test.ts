import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { expect, it, onTestFinished, vi } from 'vitest'
import { PASSPHRASE } from '../backup/support.ts'
import { apiClient } from '../support/api.ts'
import { ask } from '../support/ask.ts'
import { newFolder } from '../support/folder.ts'
import { startFront } from '../support/front-process.ts'
import { get } from '../support/http-clients.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { freePorts } from '../support/ports.ts'
import { expectStatus, put, startRoutedFront } from '../support/routed-front.ts'

interface Certificates {
  ca: string
  cert: string
  key: string
}

it('a restored front carries its routes, and its agents go on with the keys and certificates that they had', {
  timeout: 180_000,
}, async () => {
  const old = await startRoutedFront()
  const target = await startNamedTarget('shop')
  await put(old.agent, 'shop', target.url, { allowFrom: ['127.0.0.0/8'] }, { waitSeconds: 20 })
  const basicAuth = { users: [{ user: 'anna', password: 'a long password' }] }
  await put(old.agent, 'closed', target.url, { basicAuth }, { waitSeconds: 20 })
  const certificates = (await old.agent.get('/api/config/vps-1')).body.certificates as Certificates
  const database = await startDatabase(certificates)
  expectStatus(await old.agent.post('/api/proxy/mongodb', { targetHost: '127.0.0.1', targetPort: database }), [201])
  const exported = await fetch(`${old.front().url}/api/export`, {
    method: 'POST',
    headers: { authorization: `Bearer ${old.env.ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ passphrase: PASSPHRASE }),
  })
  const document = await exported.text()
  expect([exported.status, document.slice(0, 40)]).toEqual([200, '{"format":"cloudlunacy-front-export","ve'])
  await old.kill()

  const [http = 0, mongo = 0] = await freePorts(2)
  const front = await startFront({
    ...{ DATA_DIR: newFolder(), DOMAIN: old.env.DOMAIN ?? '', ADMIN_TOKEN: 'the-admin-token-of-the-new-front' },
    ...{ SECRET_KEY: 'another-secret-key-another-secret-key', HTTP_PORT: String(http), MONGO_PORT: String(mongo) },
    ...{ SETTLE_INTERVAL_MS: '50', RECONCILE_INTERVAL_MS: '500' },
  })
  const imported = await fetch(`${front.url}/api/import`, {
    method: 'POST',
    headers: { authorization: 'Bearer the-admin-token-of-the-new-front', 'content-type': 'application/json' },
    body: `{"passphrase":${JSON.stringify(PASSPHRASE)},"document":${document}}`,
  })
  expect([imported.status, await imported.json()]).toEqual([200, expect.objectContaining({ agents: 1, routes: 3 })])

  const agentKey = 'the-very-long-key-of-vps-1'
  const login = await apiClient(front.url, {}).post('/api/agents/authenticate', { agentId: 'vps-1', agentKey })
  expectStatus(login, [200])
  const agent = apiClient(front.url, { agentId: 'vps-1', token: String(login.body.token) })
  const after = (await agent.get('/api/config/vps-1')).body.certificates
  expect(after).toEqual(certificates)

  await vi.waitFor(async () => expect((await ask(http, old.hostOf('shop'))).body).toContain('shop for'), 60_000)
  const authorization = `Basic ${btoa('anna:a long password')}`
  const question = { host: old.hostOf('closed'), headers: { authorization } }
  await vi.waitFor(async () => expect((await get(http, question)).body).toContain('shop for'), 60_000)
  expect((await get(http, { host: old.hostOf('closed') })).status).toBe(401)
  const said = await vi.waitFor(() => askDatabase(mongo, old.databaseOf('vps-1'), certificates), 60_000)
  expect(said).toBe('hello vps-1')
  await put(agent, 'blog', target.url)
  await vi.waitFor(async () => expect((await ask(http, old.hostOf('blog'))).body).toContain('shop for'), 60_000)
})

/** Shows the agent's certificate, and wants one of the same CA: says hello to whoever has it. */
async function startDatabase({ ca, cert, key }: Certificates): Promise<number> {
  const server = createServer({ ca, cert, key, requestCert: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(`hello ${socket.getPeerCertificate().subject.CN}`)
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function askDatabase(port: number, servername: string, { ca, cert, key }: Certificates): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername, ca, cert, key })
  let said = ''
  socket.on('data', (chunk) => (said += chunk))
  await once(socket, 'close')
  expect(socket.authorized).toBe(true)
  return said
}
