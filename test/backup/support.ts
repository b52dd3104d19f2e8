import { expect } from 'vitest'
import { FRONT } from '../../shared/audit/front-actor.ts'
import { isExported } from '../../shared/backup/kinds/kinds.ts'
import type { Json, Kv } from '../../shared/kv/kv.ts'
import { listAll } from '../../shared/kv/list-all.ts'
import { ADMIN_TOKEN, type Answer, ENROLLMENT_TOKEN, type Harness, type HarnessOptions, harness } from '../harness.ts'

export const PASSPHRASE = 'a passphrase of these tests only'

export interface Client {
  call: Harness['call']
}

/** Something of every kind that a front can have. */
export async function furnish({ call, services }: Harness): Promise<void> {
  const done = async (method: string, path: string, body?: object, token = ADMIN_TOKEN): Promise<Answer> => {
    const answer = await call(method, path, { token, ...(body && { body }) })
    expect([method, path, answer.status, answer.status < 300 || answer.body]).toEqual([
      method,
      path,
      answer.status,
      true,
    ])
    return answer
  }
  const register = (agentId: string, agentKey: string) =>
    done('POST', '/api/agents/register', { agentId, agentKey, targetIp: '203.0.113.7' }, ENROLLMENT_TOKEN)
  await register('vps-1', 'a-chosen-key-of-vps-1')
  await register('vps-2', randomKey('vps-2'))
  await register('gone', randomKey('gone'))
  await done(
    'POST',
    '/api/agents/vps-1/heartbeat',
    { version: '1.2.3', apps: [{ name: 'shop', status: 'healthy' }] },
    await tokenOf({ call }, 'vps-1', 'a-chosen-key-of-vps-1'),
  )
  const http = (agentId: string, subdomain: string, options: object = {}) =>
    done('POST', '/api/proxy/http', { agentId, subdomain, targetUrl: 'http://203.0.113.7:3000', options })
  await http('vps-1', 'shop')
  const servers = [{ name: 'srv1', address: '203.0.113.7', port: 8_080, check: { path: '/health' } }]
  await done('PUT', '/api/backends/web', { servers, hosts: ['www.example.org', 'web.apps.example.com'] })
  await services.backends.setProviders(['docker'])
  await http('vps-1', 'shop', { pathPrefix: '/api', check: { path: '/health' } })
  await http('vps-1', 'whole', { pathPrefix: '/', useTls: true })
  await done('POST', '/api/proxy/http', { agentId: 'vps-1', subdomain: 'named', targetUrl: 'https://app.example.net' })
  await http('vps-1', 'many', {
    servers: [{ url: 'http://203.0.113.8:3000', weight: 7, backup: true }],
    balance: 'leastconn',
    allowFrom: ['192.0.2.0/24'],
  })
  await http('vps-1', 'closed', {
    basicAuth: { users: [{ user: 'anna', password: 'a long password' }], realm: 'Staging' },
    requestHeaders: { 'X-Stage': 'one', Cookie: null },
    timeouts: { responseSeconds: 7 },
    sticky: true,
    servers: [{ url: 'http://203.0.113.8:3000' }],
    maintenance: { message: 'Zurück um zwölf' },
    hostHeader: 'inside.example.com',
    maxConcurrent: 5,
  })
  await http('vps-1', 'shop', { rateLimit: { requests: 10, seconds: 1 } })
  await http('vps-1', 'brought', { domains: ['www.example.com.au'], hsts: { maxAgeSeconds: 60 } })
  const address = { url: 'https://203.0.113.77:5555', username: 'front', password: 'secret', ca: null }
  await services.nodes.put('elsewhere', address, FRONT)
  await http('vps-2', 'left')
  await done('DELETE', '/api/proxy', { agentId: 'vps-2', subdomain: 'left', type: 'http' })
  await done('POST', '/api/proxy/mongodb', { agentId: 'vps-1' })
  await done('POST', '/api/proxy/mongodb', { agentId: 'vps-2', name: 'orders', options: { useTls: false } })
  await done('GET', '/api/config/vps-1')
  await done('GET', '/api/config/vps-2')
  await done('POST', '/api/certificates/agents/vps-2/renew')
  await done('POST', '/api/agents/vps-2/revoke')
  await done('PATCH', '/api/agents/vps-2', { suspended: true })
  await done('PATCH', '/api/agents/vps-2', { suspended: false })
  await done('POST', '/api/certificates/ca/rotate')
  await done('GET', '/api/certificates/ca.crl.pem')
  await done('POST', '/api/tokens', { kind: 'enrollment', uses: 3, namePattern: 'shop-*', name: 'für Läden' })
  await done('DELETE', '/api/agents/gone')
}

export const randomKey = (agentId: string) => `clk_${agentId.padEnd(43, 'k')}`

export async function tokenOf({ call }: Client, agentId: string, agentKey: string): Promise<string> {
  const { status, body } = await call('POST', '/api/agents/authenticate', { body: { agentId, agentKey } })
  expect([agentId, status]).toEqual([agentId, 200])
  return body.token
}

export async function exportOf({ call }: Client, passphrase = PASSPHRASE): Promise<string> {
  const { status, body } = await call('POST', '/api/export', { token: ADMIN_TOKEN, body: { passphrase } })
  expect(status).toBe(200)
  return JSON.stringify(body)
}

export const importInto = (
  { call }: Client,
  document: string,
  { passphrase = PASSPHRASE, token = ADMIN_TOKEN } = {},
): Promise<Answer> =>
  call('POST', '/api/import', {
    token,
    body: `{"passphrase":${JSON.stringify(passphrase)},"document":${document}}`,
  })

/** All that an export carries. */
async function contentOf(kv: Kv): Promise<Map<string, Json>> {
  const content = new Map<string, Json>()
  for await (const { key, value } of listAll(kv, '')) if (isExported(key)) content.set(key, value)
  return content
}

/** What the first has the second has too, and nothing besides but a log of its own and these tokens. */
export async function expectSame(one: Kv, other: Kv, tokens = 0): Promise<void> {
  const [before, after] = [await contentOf(one), await contentOf(other)]
  const own = [...after.keys()].filter((key) => !before.has(key))
  for (const key of own) after.delete(key)
  expect(after).toEqual(before)
  expect(own.filter((key) => !key.startsWith('audit/')).map((key) => key.split('/')[0])).toEqual(
    Array.from({ length: tokens }, () => 'tokens'),
  )
}

const own = { ports: [], addresses: () => [], services: [] }

/** A front whose ids are unlike all others', and that resolves names. */
export const anyFront = (options: HarnessOptions = {}): Promise<Harness> =>
  harness({
    newId: () => crypto.randomUUID(),
    targets: { level: 'public', own, resolve: async () => ({ addresses: ['203.0.113.9'], ttlSeconds: 60 }) },
    ...options,
  })
