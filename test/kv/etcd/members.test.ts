import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type EtcdKvOptions, etcdKv } from '../../../shared/kv/etcd.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import { cutBefore, faultyProxy, hang } from '../../support/faulty-proxy.ts'
import { freePorts } from '../../support/ports.ts'
import { put } from '../conformance.ts'

const first = () => 0

describeEtcd('etcd: members that do not answer', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd?.stop())

  const open = (endpoints: string[], options: Partial<EtcdKvOptions> = {}) => {
    const kv = etcdKv({ endpoints, prefix: `${crypto.randomUUID()}/`, random: first, attemptMs: 200, ...options })
    onTestFinished(() => kv.close())
    return kv
  }
  const nobody = async () => `http://127.0.0.1:${(await freePorts(1))[0]}`

  for (const [what, dead] of [
    ['refuses connections', nobody],
    ['cuts them', () => faultyProxy('', cutBefore)],
    ['is silent', () => faultyProxy('', hang)],
  ] as const) {
    it(`asks another one when one ${what}`, async () => {
      const kv = open([await dead(), ...etcd.endpoints])
      const version = await put(kv, 'a', 1)
      expect(await kv.get('a')).toEqual({ key: 'a', value: 1, version })
      const [set] = await Array.fromAsync(
        takeOne(kv.watch('', { from: version - 1, signal: new AbortController().signal })),
      )
      expect(set?.revision).toBe(version)
    })

    it(`fails with a sentence and a cause when each one ${what}`, async () => {
      const kv = open([await dead(), await dead()], { callMs: 500 })
      const attempts = [kv.get('a'), kv.list(''), put(kv, 'a', 1), kv.commit([{ key: 'a', version: 1 }], [])]
      for (const { reason } of (await Promise.allSettled(attempts)) as PromiseRejectedResult[]) {
        expect(reason).toMatchObject({
          code: 'STORE_UNAVAILABLE',
          message: 'The store is unavailable: etcd did not answer in time',
          cause: expect.any(Error),
        })
      }
    })
  }

  it('stays with the one that answered', async () => {
    let asked = 0
    const silent = await faultyProxy('', () => {
      asked++
    })
    const kv = open([silent, ...etcd.endpoints], { attemptMs: 500 })
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => kv.get(key)))
    for (let i = 0; i < 10; i++) await kv.get('a')
    expect(asked).toBe(4)
  })

  it('waits longer when all are slow', async () => {
    const slow = await faultyProxy(etcd.endpoints[0] as string, async ({ forward, answer }) => {
      const from = await forward()
      setTimeout(() => answer(from), 300)
    })
    expect(await open([slow]).get('a')).toBeNull()
  })
})

describe('etcd: answers that are errors', () => {
  const answering = (status: number, body: string) => {
    let asked = 0
    const kv = etcdKv({
      endpoints: ['http://etcd.test:2379', 'http://other.test:2379'],
      callMs: 200,
      fetch: async () => {
        asked++
        return new Response(body, { status })
      },
    })
    return { kv, asked: () => asked }
  }

  it.each([
    [503, '{"error":"etcdserver: request timed out","code":14}'],
    [503, '{"error":"etcdserver: leader changed","message":"etcdserver: leader changed","code":14}'],
    [503, '{"code":14,"message":"etcdserver: no leader"}'],
    [429, '{"error":"etcdserver: too many requests","code":8}'],
    [500, '{"error":"raft proposal dropped","code":2}'],
    [502, '<html>Bad Gateway</html>'],
    [200, '<html>Welcome</html>'],
    [200, '{"header":{"rev'],
  ])('asks again after %i %s', async (status, body) => {
    const { kv, asked } = answering(status, body)
    await expect(kv.get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(asked()).toBeGreaterThan(2)
  })

  it.each([
    [400, '{"error":"etcdserver: request is too large","code":3}', 'request is too large'],
    [400, '{"error":"etcdserver: user name is empty","code":3}', 'user name is empty'],
    [403, '{"error":"etcdserver: permission denied","code":7}', 'permission denied'],
    [429, '{"error":"etcdserver: mvcc: database space exceeded","code":8}', 'database space exceeded'],
    [404, '404 page not found', 'HTTP 404'],
  ])('does not ask again after %i %s', async (status, body, reason) => {
    const { kv, asked } = answering(status, body)
    await expect(kv.get('a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(reason),
    })
    expect(asked()).toBe(1)
  })

  it('sends nothing that is larger than the store takes', async () => {
    const { kv, asked } = answering(500, '')
    const value = 'x'.repeat(500 * 1024)
    const writes = ['a', 'b', 'c'].map((key) => ({ key, value }))
    await expect(kv.commit([], writes)).rejects.toThrow(RangeError)
    expect(asked()).toBe(0)
  })

  it('wants to know where etcd is', () => {
    expect(() => etcdKv({ endpoints: [] })).toThrow(RangeError)
    expect(() => etcdKv({ endpoints: ['etcd'] })).toThrow(TypeError)
  })
})

async function* takeOne<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const each of source) {
    yield each
    return
  }
}
