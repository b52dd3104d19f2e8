import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { etcdKv } from '../../shared/kv/etcd.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { ADMIN_TOKEN, type Harness } from '../harness.ts'
import { describeEtcd } from '../support/describe-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { newFolder } from '../support/folder.ts'
import { anyFront, expectSame, exportOf, furnish, importInto, randomKey, tokenOf } from './support.ts'

const sqlite = (): Kv => {
  const kv = sqliteKv(nodeSqlDatabase(join(newFolder(), 'front.db')))
  onTestFinished(() => kv.close())
  return kv
}

async function move(from: Harness, to: Harness): Promise<void> {
  await to.maintain()
  const answer = await importInto(to, await exportOf(from))
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ agents: 2, routes: 9 })])
  await expectSame(from.kv, to.kv)
}

it('takes everything from SQLite to a front in memory with another SECRET_KEY, and back', async () => {
  const one = await anyFront({ kv: sqlite() })
  await furnish(one)
  await one.maintain()
  const inMemory = await anyFront({ secretKey: 'another-secret-key-another-secret-key' })
  await move(one, inMemory)
  const back = await anyFront({ kv: sqlite(), secretKey: 'a-third-secret-key-a-third-secret-key' })
  await move(inMemory, back)
  await back.maintain()
  await expectSame(one.kv, back.kv)
})

describeEtcd('with etcd', () => {
  it('takes everything through a store whose commits are small', async () => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    const kv = etcdKv({ endpoints: etcd.endpoints })
    onTestFinished(() => kv.close())
    const one = await anyFront()
    await furnish(one)
    const inEtcd = await anyFront({ kv, secretKey: 'another-secret-key-another-secret-key' })
    await move(one, inEtcd)
    await move(inEtcd, await anyFront({ kv: sqlite() }))
  })
})

it('lets everybody go on as if nothing had happened', async () => {
  const one = await anyFront()
  await furnish(one)
  const newToken = async (front: Harness, kind: string) =>
    (await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind } })).body.token
  const [reader, session] = [await newToken(one, 'read-only'), await tokenOf(one, 'vps-1', 'a-chosen-key-of-vps-1')]
  const [ca, config, jwks] = await Promise.all(
    ['/api/certificates/ca', '/api/config/vps-1', '/.well-known/jwks.json'].map((path) =>
      one.call('GET', path, { token: ADMIN_TOKEN }),
    ),
  )
  const document = await exportOf(one)

  const other = await anyFront({ secretKey: 'another-secret-key-another-secret-key' })
  await other.maintain()
  await other.call('GET', '/api/certificates/ca')
  const [used, unused] = [await newToken(other, 'admin'), await newToken(other, 'admin')]
  const importing = importInto(other, document, { token: used })
  await vi.waitFor(async () =>
    expect((await other.kv.get('~import/marker'))?.value).toMatchObject({ state: 'clearing' }),
  )
  for (const token of [used, session]) {
    const { status, body, headers } = await other.call('GET', '/api/proxy/agents/vps-1', { token })
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'NOT_READY', '2'])
  }
  const { status, body } = await importing
  expect([status, body.code]).toEqual([200, undefined])

  const statusWith = async (token: string, path = '/api/agents') => (await other.call('GET', path, { token })).status
  expect(await statusWith(used)).toBe(200)
  expect(await statusWith(ADMIN_TOKEN)).toBe(200)
  expect(await statusWith(reader)).toBe(200)
  expect(await statusWith(unused)).toBe(401)
  expect(await statusWith(session, '/api/proxy/agents/vps-1')).toBe(200)
  await tokenOf(other, 'vps-1', 'a-chosen-key-of-vps-1')
  await tokenOf(other, 'vps-2', randomKey('vps-2'))
  expect((await other.call('GET', '/api/certificates/ca')).body).toEqual(ca?.body)
  expect((await other.call('GET', '/.well-known/jwks.json')).body).toEqual(jwks?.body)
  const after = (await other.call('GET', '/api/config/vps-1', { token: ADMIN_TOKEN })).body
  expect(after.certificates).toEqual(config?.body.certificates)

  await other.maintain()
  const audit = (await other.call('GET', '/api/audit', { token: ADMIN_TOKEN })).body.entries
  expect(audit.map(({ action }: { action: string }) => action)).toContain('import')
  const registered = { agentId: 'vps-1', agentKey: 'another-key-of-somebody', targetIp: '203.0.113.1' }
  expect((await other.call('POST', '/api/agents/register', { token: ADMIN_TOKEN, body: registered })).status).not.toBe(
    201,
  )
})

it('reaches the other fronts of a store within a moment', async () => {
  const one = await anyFront()
  await furnish(one)
  const kv = memoryKv()
  onTestFinished(() => kv.close())
  const [first, second] = [await anyFront({ kv }), await anyFront({ kv })]
  await first.maintain()
  await second.call('GET', '/.well-known/jwks.json')
  const document = await exportOf(one)
  expect((await importInto(first, document)).status).toBe(200)

  second.clock.nowMs += 1_000
  const session = await tokenOf(second, 'vps-1', 'a-chosen-key-of-vps-1')
  expect((await second.call('GET', '/api/proxy/agents/vps-1', { token: session })).status).toBe(200)
  expect((await first.call('GET', '/api/proxy/agents/vps-1', { token: session })).status).toBe(200)
})
