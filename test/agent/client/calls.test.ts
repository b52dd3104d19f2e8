import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { requestCertificate } from '../../../agent/certificates/request.ts'
import { FrontError } from '../../../agent/client/front-error.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN } from '../../harness.ts'
import { AGENT_KEY, clientHarness, registered } from '../support.ts'

const ROUTE = { subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }

it('an agent’s whole life: registered, routes, certificate, heartbeat, another key, gone', async () => {
  const { client, front } = await clientHarness()
  const { mongodbDomain, appsDomain } = await client.register({
    targetIp: '192.0.2.1',
    agentName: 'The shop',
    enrollmentToken: ENROLLMENT_TOKEN,
  })
  expect([mongodbDomain, appsDomain]).toEqual(['vps-1.mongodb.example.com', 'apps.example.com'])
  expect(await client.update({ agentName: 'The other shop' })).toMatchObject({ agent: { agentName: 'The other shop' } })

  const { route } = await client.putHttpRoute(ROUTE)
  await client.putMongodbRoute({ targetHost: '203.0.113.8' })
  await client.changeRoutes({ upsert: [{ type: 'http', ...ROUTE, subdomain: 'blog' }] })
  expect((await client.listRoutes()).map(({ domain }) => domain).sort()).toEqual([
    'blog.apps.example.com',
    'shop.apps.example.com',
    'vps-1.mongodb.example.com',
  ])
  await client.putHttpRoute({ ...ROUTE, targetUrl: 'http://203.0.113.9:3000' })
  expect((await client.readRoute(route.id)).route).toMatchObject({ targetUrl: 'http://203.0.113.9:3000' })
  expect((await client.routeHistory(route.id)).history.map(({ revision }) => revision)).toEqual([2, 1])
  expect((await client.rollBackRoute(route.id, 1)).route).toMatchObject({ targetUrl: ROUTE.targetUrl })
  expect((await client.removeRoute({ type: 'http', subdomain: 'blog' })).domain).toBe('blog.apps.example.com')

  const { csr, key } = await requestCertificate('vps-1')
  const { certificates } = await client.signCsr(csr)
  expect(new X509Certificate(certificates.cert).subject).toBe('CN=vps-1')
  expect(certificates.key).toBeNull()
  expect(key).toContain('BEGIN PRIVATE KEY')
  expect((await client.configuration()).certificates.fingerprint).toBe(certificates.fingerprint)
  expect((await client.renewCertificate()).certificates.fingerprint).not.toBe(certificates.fingerprint)
  expect((await client.authorities()).authorities).toHaveLength(1)
  expect(await client.revocationLists()).toContain('BEGIN X509 CRL')
  expect((await client.revokeCertificates('superseded')).message).toContain('3')
  await expect(client.forgetKey()).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' })

  await client.heartbeat({ version: '1.0.0', apps: [{ name: 'shop', status: 'healthy' }] })
  expect((await client.read()).heartbeat).toMatchObject({ version: '1.0.0' })
  expect((await client.stats()).stats).toHaveLength(2)
  expect((await client.health()).success).toBe(true)

  await client.rotateKey()
  expect(client.agentKey).not.toBe(AGENT_KEY)
  expect((await client.read()).agentId).toBe('vps-1')
  await client.revokeAll()
  expect((await client.read()).agentId).toBe('vps-1')

  await client.deregister()
  expect((await front.call('GET', '/api/agents/vps-1', { token: ADMIN_TOKEN })).status).toBe(404)
})

it('a refusal is a sentence for a person, a code for programs, and each thing that was wrong', async () => {
  const { client } = await registered()
  const refusal = await client.putHttpRoute({ subdomain: 'admin', targetUrl: 'nowhere' }).catch((error) => error)
  expect(refusal).toBeInstanceOf(FrontError)
  expect(refusal).toMatchObject({ code: 'INVALID_INPUT', status: 400, requestId: expect.stringContaining('request-') })
  expect(refusal.details).toHaveLength(2)
})

it('a write takes conditions, and waits where it is told to', async () => {
  const { client, requests } = await registered()
  await client.putHttpRoute(ROUTE, { ifNoneMatch: '*', waitSeconds: 2, idempotencyKey: 'mine' })
  expect(Object.fromEntries(requests[0]?.headers ?? [])).toMatchObject({
    'if-none-match': '*',
    prefer: 'wait=2',
    'idempotency-key': 'mine',
  })
  await expect(client.putHttpRoute(ROUTE, { ifNoneMatch: '*' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  await expect(client.removeRoute({ type: 'http', subdomain: 'shop' }, { ifMatch: '"1"' })).rejects.toMatchObject({
    status: 412,
  })
})
