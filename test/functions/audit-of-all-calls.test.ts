import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isExported, kindAt } from '../../shared/backup/kinds/kinds.ts'
import { documentOf } from '../backup/documents.ts'
import { PASSPHRASE } from '../backup/support.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness } from '../harness.ts'
import { folderWith, opensslIn } from '../pki/support.ts'
import { acmeFront, isIssued } from '../support/acme-front.ts'
import { fakeGateway } from '../support/fake-gateway.ts'

interface Change {
  /** As the document names it. */
  call: string
  path?: string
  body?: unknown
  token?: string
  /** What the audit log says of it: who, what, to what. */
  told: [actor: string, action: string, target: string]
}

/** They change nothing that anybody asked for. */
const NO_CHANGES = [
  'POST /api/agents/authenticate',
  'POST /api/agents/{agentId}/heartbeat',
  'POST /api/alerts/test',
  // That a domain is proved is told of: test/functions/domains.test.ts.
  'POST /api/proxy/routes/{id}/domains/{domain}/verify',
  'POST /api/nodes/{name}/reconcile',
]

const ADMIN = 'admin the first admin token'
const HOST = 'shop.apps.example.com'
/** Has a certificate of an ACME server. */
const ACME_NAME = 'shop.example'

/** In this order. */
async function changes(front: Harness): Promise<Change[]> {
  const folder = await folderWith({})
  await opensslIn(folder, 'req -new -newkey ed25519 -nodes -keyout key.pem -subj /CN=vps-1 -out csr.pem')
  await opensslIn(
    folder,
    'req -x509 -newkey rsa:2048 -nodes -keyout e.key -out e.crt -subj /CN=x -days 3650 -addext subjectAltName=DNS:x.example.net',
  )
  const text = (name: string) => readFile(join(folder, name), 'utf8')
  const agent = { agentId: 'vps-1', targetIp: '203.0.113.7' }
  const admin = (call: string, action: string, target: string, more: Partial<Change> = {}): Change => {
    return { call, told: [ADMIN, action, target], ...more }
  }
  const route = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
  const removed = { agentId: 'vps-1', type: 'http', subdomain: 'shop' }
  const bulk = ['a', 'b'].map((subdomain) => ({ ...route, type: 'http', subdomain }))
  const tokens = (await front.kv.list<{ id: string; kind: string }>('tokens/')).entries
  const enrollment = tokens.find(({ value }) => value.kind === 'enrollment')?.value.id
  return [
    {
      call: 'POST /api/agents/register',
      ...{ body: { ...agent, agentKey: 'the-key-of-vps-1' }, token: ENROLLMENT_TOKEN },
      told: ['nobody', 'agent.register', 'vps-1'],
    },
    admin('PATCH /api/agents/{agentId}', 'agent.suspend', 'vps-1', { body: { suspended: true } }),
    admin('PATCH /api/agents/{agentId}', 'agent.resume', 'vps-1', { body: { suspended: false } }),
    admin('PATCH /api/agents/{agentId}', 'agent.update', 'vps-1', { body: { agentName: 'New' } }),
    admin('POST /api/proxy/http', 'route.create', HOST, { body: route }),
    admin('POST /api/proxy/http', 'route.change', HOST, { body: { ...route, targetUrl: 'http://203.0.113.7:3001' } }),
    admin('POST /api/proxy/routes/{id}/rollback', 'route.rollback', HOST, { body: { revision: 1 } }),
    admin('POST /api/proxy/mongodb', 'route.create', 'vps-1.mongodb.example.com', { body: { agentId: 'vps-1' } }),
    admin('POST /api/proxy/bulk', 'route.bulk', 'vps-1', { body: { upsert: bulk } }),
    admin('DELETE /api/proxy', 'route.remove', HOST, { body: removed }),
    admin('POST /api/certificates/agents/{agentId}/csr', 'certificate.renew', 'vps-1', {
      body: { csr: await text('csr.pem') },
    }),
    admin('POST /api/certificates/agents/{agentId}/renew', 'certificate.renew', 'vps-1'),
    admin('DELETE /api/certificates/agents/{agentId}/key', 'certificate.forget-key', 'vps-1'),
    admin('POST /api/certificates/agents/{agentId}/revoke', 'certificate.revoke', 'vps-1'),
    admin('POST /api/certificates/ca/rotate', 'ca.rotate', '*'),
    admin('PUT /api/certificates/edge/{name}', 'edge.upload', 'thing', {
      body: { pem: (await text('e.crt')) + (await text('e.key')) },
    }),
    admin('DELETE /api/certificates/edge/{name}', 'edge.remove', 'thing'),
    admin('POST /api/certificates/edge/{name}/renew', 'edge.order', ACME_NAME, {
      path: `/api/certificates/edge/${ACME_NAME}/renew`,
    }),
    admin('POST /api/certificates/edge/{name}/revoke', 'edge.revoke', ACME_NAME, {
      path: `/api/certificates/edge/${ACME_NAME}/revoke`,
    }),
    admin('PUT /api/nodes/{name}', 'node.put', 'thing', { body: { url: 'https://user:password@203.0.113.77:5555' } }),
    admin('DELETE /api/nodes/{name}', 'node.remove', 'thing'),
    admin('PUT /api/backends/{name}', 'backend.create', 'thing', {
      body: { servers: [{ name: 'srv1', address: '203.0.113.7', port: 8080 }], hosts: ['api.example.org'] },
    }),
    admin('DELETE /api/backends/{name}', 'backend.remove', 'thing'),
    admin('POST /api/tokens', 'token.create', '*', { body: { kind: 'metrics' } }),
    admin('DELETE /api/tokens/{id}', 'token.delete', '*', { path: `/api/tokens/${enrollment}` }),
    admin('POST /api/agents/{agentId}/rotate-key', 'agent.rotate-key', 'vps-1'),
    admin('POST /api/agents/{agentId}/revoke', 'agent.revoke', 'vps-1'),
    admin('POST /api/export', 'export', 'example.com', { body: { passphrase: PASSPHRASE } }),
    admin('DELETE /api/agents/{agentId}', 'agent.remove', 'vps-1'),
    admin('POST /api/import', 'import', 'example.com', {
      body: `{"passphrase":"${PASSPHRASE}","document":${await documentOf([])}}`,
    }),
  ]
}

it('every call that changes something is in the audit log, with who did what to what, and writes keys of a known kind', async () => {
  const gateway = fakeGateway()
  const [node] = await gateway.nodes()
  gateway.nodes = async () => (node ? [node, { ...node, name: 'thing', url: 'x', configured: false }] : [])
  // Certificates that openssl makes in a moment are good by then.
  const front = await acmeFront({ names: [ACME_NAME], gateway, startMs: Date.now() + 60_000 })
  await front.until(ACME_NAME, isIssued)
  const all = await changes(front)

  for (const { call, path, body, token = ADMIN_TOKEN, told } of all) {
    const [method = '', pattern = ''] = call.split(' ')
    const before = new Set((await auditOf(front)).map(({ id }) => id))
    const filled = path ?? (await fill(front, pattern))
    const { status, body: answer } = await front.call(method, filled, { token, ...(body !== undefined && { body }) })
    expect([call, status, status < 300 || answer]).toEqual([call, status, true])
    const entries = (await auditOf(front)).filter(({ id }) => !before.has(id))
    const said = entries.map(({ actor, action, target }) => [actor, action, told[2] === '*' ? '*' : target])
    expect([call, said]).toEqual([call, expect.arrayContaining([told])])
    // Or an export leaves it out, and an import refuses it: shared/backup/kinds/ names all keys.
    expect([call, await keysOfNoKind(front)]).toEqual([call, []])
  }

  const declared = Object.entries<object>((await front.call('GET', '/api/openapi.json')).body.paths)
  const writes = declared.flatMap(([path, methods]) =>
    Object.keys(methods).flatMap((method) => (method === 'get' ? [] : [`${method.toUpperCase()} ${path}`])),
  )
  expect(writes.filter((call) => !NO_CHANGES.includes(call) && !all.some((change) => change.call === call))).toEqual([])
})

interface Entry {
  id: string
  actor: string
  action: string
  target: string
}

async function auditOf(front: Harness): Promise<Entry[]> {
  const { status, body } = await front.call('GET', '/api/audit?limit=1000', { token: ADMIN_TOKEN })
  expect([status, body.error]).toEqual([200, undefined])
  return body.entries
}

async function keysOfNoKind({ kv }: Harness): Promise<string[]> {
  const { entries } = await kv.list('')
  return entries.flatMap(({ key }) => (isExported(key) && kindAt(key) === undefined ? [key] : []))
}

async function fill({ kv }: Harness, pattern: string): Promise<string> {
  const routes = (await kv.list<{ id: string; host: string }>('routes/')).entries
  const id = routes.find(({ value }) => value.host === HOST)?.value.id ?? ''
  return pattern.replace('{agentId}', 'vps-1').replace('{name}', 'thing').replace('{id}', id)
}
