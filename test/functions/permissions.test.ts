import { beforeAll, describe, expect, it } from 'vitest'
import type { Who } from '../../shared/identity/permissions.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'

interface Operation {
  name: string
  method: string
  path: string
  who: Who | undefined
}

/** What has no entry in the OpenAPI document: pages and public keys, for everybody. */
const UNDOCUMENTED = [
  '/',
  '/api/docs',
  '/api/docs/start.js',
  '/api/docs/swagger-ui.css',
  '/api/docs/swagger-ui-bundle.js',
  '/api/openapi.json',
  '/.well-known/jwks.json',
]

const FILLED = { agentId: 'vps-1', id: '0'.repeat(24), name: 'shop' } as Record<string, string>

/** Every call that the document declares, with its parameters filled in for the agent vps-1. */
async function operations(front: Harness): Promise<Operation[]> {
  const { paths } = (await front.call('GET', '/api/openapi.json')).body
  return Object.entries<Record<string, { 'x-who'?: Who }>>(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${template}`,
      method: method.toUpperCase(),
      path: pathOf(template, operation['x-who']),
      who: operation['x-who'],
    })),
  )
}

/** Where each agent gets its own, another's has to be asked for. */
function pathOf(template: string, who: Who | undefined): string {
  const path = template.replace(/\{(\w+)\}/g, (_, parameter: string) => FILLED[parameter] ?? 'x')
  return who?.endsWith('for its own') ? `${path}?agentId=vps-1` : path
}

const tokenOf = async (front: Harness, agentId: string) =>
  (
    await front.call('POST', '/api/agents/register', {
      token: ENROLLMENT_TOKEN,
      body: { agentId, agentKey: `clk_${agentId.padEnd(43, 'k')}`, targetIp: '203.0.113.7' },
    })
  ).body.token as string

const accessToken = async (front: Harness, kind: string) =>
  (await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind } })).body.token as string

const ask = (front: Harness, { method, path }: Operation, token?: string, headers?: Record<string, string>) =>
  front.call(method, path, {
    ...(token && { token }),
    ...(headers && { headers }),
    ...(method === 'GET' ? {} : { body: {} }),
  })

const METRICS_READERS: Who = 'administrators and metrics readers'

describe('every endpoint', () => {
  let front: Harness
  let all: Operation[]
  let guarded: Operation[]
  beforeAll(async () => {
    front = await harness({ keepOpen: true })
    all = await operations(front)
    guarded = all.filter(({ who }) => who !== 'everybody')
    await tokenOf(front, 'vps-1')
  })

  it('is in the document', () => {
    const routes = front.app.routes.filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
    const documented = new Set(all.map(({ name }) => name))
    const missing = routes
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`)
      .filter((name) => !documented.has(name))
    expect([...new Set(missing)].sort()).toEqual(UNDOCUMENTED.map((path) => `GET ${path}`).sort())
  })

  it('declares who may call it', () => {
    expect(all.filter(({ who }) => who === undefined).map(({ name }) => name)).toEqual([])
    expect(guarded.length).toBeGreaterThan(8)
  })

  it('refuses a call without credentials, and with ones that nobody gave out', async () => {
    const expiredOne = await tokenOf(front, 'vps-1')
    const shown: (string | undefined)[] = [
      undefined,
      'not-a-token',
      `${expiredOne}x`,
      ENROLLMENT_TOKEN,
      '..',
      'Basic abc',
    ]
    for (const operation of guarded) {
      for (const token of shown) {
        const { status, body } = await ask(front, operation, token)
        expect([operation.name, token, status, body.code]).toEqual([operation.name, token, 401, 'UNAUTHORIZED'])
      }
      const { status } = await ask(front, operation, undefined, {
        'x-agent-id': 'vps-1',
        'x-agent-key': 'wrong-key-wrong',
        'x-test-address': `10.0.${guarded.indexOf(operation)}.1`,
      })
      expect(status).toBe(401)
      // So many wrong keys in a row would be slowed down.
      front.clock.nowMs += 60_000
    }
  })

  it('refuses an expired and a revoked token', async () => {
    const other = await harness()
    const expired = await tokenOf(other, 'vps-1')
    other.clock.nowMs += 3_700_000
    for (const operation of guarded)
      expect([operation.name, (await ask(other, operation, expired)).status]).toEqual([operation.name, 401])
    const revoked = await tokenOf(other, 'vps-1')
    await other.call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN })
    for (const operation of guarded)
      expect([operation.name, (await ask(other, operation, revoked)).status]).toEqual([operation.name, 401])
  })

  it('keeps an agent out of what is another’s or the administrator’s', async () => {
    const stranger = await tokenOf(front, 'vps-2')
    const headers = { 'x-agent-id': 'vps-2', 'x-agent-key': `clk_${'vps-2'.padEnd(43, 'k')}` }
    for (const operation of guarded) {
      const { status, body } = await ask(front, operation, stranger)
      expect([operation.name, status, body.code]).toEqual([operation.name, 403, 'FORBIDDEN'])
      if (operation.method === 'GET') expect((await ask(front, operation, undefined, headers)).status).toBe(403)
    }
  })

  it('lets a read-only token read, and a metrics token the metrics alone', async () => {
    const [reader, metrics] = [await accessToken(front, 'read-only'), await accessToken(front, 'metrics')]
    for (const operation of guarded) {
      const measures = operation.who === METRICS_READERS
      const readable = measures || (operation.who?.includes('read-only') ?? false)
      const { status } = await ask(front, operation, reader)
      expect([operation.name, status === 403]).toEqual([operation.name, !readable])
      expect([operation.name, (await ask(front, operation, metrics)).status === 403]).toEqual([
        operation.name,
        !measures,
      ])
    }
  })
})
