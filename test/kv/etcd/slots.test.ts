import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { type EtcdKvOptions, etcdKv } from '../../../shared/kv/etcd.ts'
import { prefixEnd } from '../../../shared/kv/limits.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import { faultyProxy, pass } from '../../support/faulty-proxy.ts'
import { collect, put } from '../conformance.ts'

describeEtcd('etcd: slots and leases', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd?.stop())

  const open = (options: Partial<EtcdKvOptions> = {}) => {
    const prefix = `${crypto.randomUUID()}/`
    const kv = etcdKv({ endpoints: etcd.endpoints, prefix, ...options })
    onTestFinished(() => kv.close())
    return { kv, slotCount: () => countKeys(etcd, `${prefix}slots/`) }
  }

  const leaseIds = async () =>
    (await etcd.call<{ leases?: { ID: string }[] }>('/v3/lease/leases', {})).leases?.map(({ ID }) => ID) ?? []
  const revokeAll = async () => {
    for (const ID of await leaseIds()) await etcd.call('/v3/lease/revoke', { ID })
  }

  it('are seen by nobody who reads the store', async () => {
    const { kv } = open()
    const from = await put(kv, 'a', 1)
    await put(kv, 'b', 2)
    expect((await kv.list('')).entries.map(({ key }) => key)).toEqual(['a', 'b'])
    expect((await collect(kv, '', from, 1)).flatMap(({ changes }) => changes.map(({ key }) => key))).toEqual(['b'])
  })

  it('are as many as commits were under way at once, and never more than 64', async () => {
    const { kv, slotCount } = open()
    for (let i = 0; i < 10; i++) await put(kv, 'a', i)
    expect(await slotCount()).toBe(1)
    await Promise.all(Array.from({ length: 300 }, (_, i) => put(kv, `k/${i}`, i)))
    expect(await slotCount()).toBe(64)
  })

  it('are gone when the store is closed, and so is their lease', async () => {
    const { kv, slotCount } = open()
    await put(kv, 'a', 1)
    const before = await leaseIds()
    await kv.close()
    expect(await slotCount()).toBe(0)
    expect(await leaseIds()).toHaveLength(before.length - 1)
  })

  it('are gone some time after the last commit, though nobody closed the store', async () => {
    const { kv, slotCount } = open({ slotLeaseSeconds: 2 })
    await put(kv, 'a', 1)
    expect(await slotCount()).toBe(1)
    await vi.waitFor(async () => expect(await slotCount()).toBe(0), { timeout: 8_000 })
    expect((await kv.get('a'))?.value).toBe(1)
  })

  it('are made anew before their lease runs out', async () => {
    let nowMs = 0
    const { kv, slotCount } = open({ now: () => nowMs })
    const leasesAndSlotsAt = async (second: number) => {
      nowMs = second * 1_000
      await put(kv, 'a', second)
      return [(await leaseIds()).length - before, await slotCount()]
    }
    const before = (await leaseIds()).length
    expect(await leasesAndSlotsAt(0)).toEqual([1, 1])
    expect(await leasesAndSlotsAt(1_799)).toEqual([1, 1])
    expect(await leasesAndSlotsAt(1_801)).toEqual([2, 1])
    expect(await leasesAndSlotsAt(1_801 + 3_500)).toEqual([3, 2])
  })

  it('are as old as their last write, which a refused commit is not', async () => {
    let nowMs = 0
    const { kv, slotCount } = open({ now: () => nowMs })
    await put(kv, 'a', 1)
    nowMs = 1_801_000
    expect(await kv.commit([{ key: 'a', version: null }], [{ key: 'a', value: 2 }])).toEqual({ ok: false })
    expect(await slotCount()).toBe(1)
    nowMs = 3_500_000
    await put(kv, 'a', 3)
    expect(await slotCount()).toBe(2)
  })

  it('may be lost with their lease between two commits', async () => {
    const { kv } = open()
    const version = await put(kv, 'a', 1)
    await revokeAll()
    const result = await kv.commit([{ key: 'a', version }], [{ key: 'a', value: 2 }])
    expect(await kv.get('a')).toEqual({ key: 'a', value: 2, version: result.ok && result.revision })
  })

  it('may run out between two commits, unnoticed', async () => {
    const { kv, slotCount } = open({ slotLeaseSeconds: 2, now: () => 0 })
    const version = await put(kv, 'a', 1)
    await vi.waitFor(async () => expect(await slotCount()).toBe(0), { timeout: 8_000 })
    expect(await kv.commit([{ key: 'a', version }], [{ key: 'a', value: 2 }])).toMatchObject({ ok: true })
    expect((await kv.get('a'))?.value).toBe(2)
  })

  it('that are lost while a commit was broken off leave it open what became of it', async () => {
    let faulty = true
    const url = await faultyProxy(etcd.endpoints[0] as string, async (exchange) => {
      if (exchange.path !== '/v3/kv/txn' || !faulty) return pass(exchange)
      faulty = false
      await exchange.forward()
      await revokeAll()
      exchange.cut()
    })
    const { kv } = open({ endpoints: [url] })
    await expect(put(kv, 'a', 1)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('may have been made'),
    })
    const entry = await kv.get('a')
    expect(entry?.value).toBe(1)
    expect(await put(kv, 'a', 2)).toBeGreaterThan(entry?.version ?? 0)
  })

  it('a lease of keys that were not written is given back', async () => {
    const { kv } = open()
    await put(kv, 'a', 1)
    const before = await leaseIds()
    const write = { key: 'b', value: 1, expiresInSeconds: 1_000 }
    expect(await kv.commit([{ key: 'a', version: null }], [write])).toEqual({ ok: false })
    await vi.waitFor(async () => expect(await leaseIds()).toEqual(before))
    await kv.commit([], [write, { ...write, key: 'c' }, { ...write, key: 'd', expiresInSeconds: 1_001 }])
    expect(await leaseIds()).toHaveLength(before.length + 2)
  })
})

async function countKeys(etcd: EtcdCluster, prefix: string): Promise<number> {
  const range = { key: btoa(prefix), range_end: btoa(prefixEnd(prefix)), count_only: true }
  return Number((await etcd.call<{ count?: string }>('/v3/kv/range', range)).count ?? 0)
}
