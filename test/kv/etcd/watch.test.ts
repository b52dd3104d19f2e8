import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { type EtcdKvOptions, etcdKv } from '../../../shared/kv/etcd.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import { type Exchange, faultyProxy, pass } from '../../support/faulty-proxy.ts'
import { collect, put } from '../conformance.ts'

describeEtcd('etcd: a watch over connections that break', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd?.stop())

  const open = (options: Partial<EtcdKvOptions> = {}) => {
    const kv = etcdKv({ endpoints: etcd.endpoints, prefix: `${crypto.randomUUID()}/`, ...options })
    onTestFinished(() => kv.close())
    return kv
  }

  /** A proxy that has `faults` for so many watches, and then none. Tells how many watches there were. */
  const watchesThrough = async (faults: ((exchange: Exchange) => unknown)[]) => {
    let watches = 0
    const url = await faultyProxy(etcd.endpoints[0] as string, async (exchange) => {
      const fault = exchange.path === '/v3/watch' ? faults[watches++] : undefined
      await (fault ?? pass)(exchange)
    })
    return { url, watches: () => watches }
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`loses and repeats nothing while etcd is ended by ${signal} and started again`, async () => {
      const kv = open()
      const { revision: from } = await kv.list('')
      const values = Array.from({ length: 300 }, (_, i) => i)
      const seen = collect(kv, '', from, values.length)
      for (const value of values) {
        if (value === 100) await etcd.kill(0, signal)
        if (value === 100) void etcd.restart(0)
        await put(kv, 'a', value)
      }
      expect(valuesOf(await seen)).toEqual(values)
    })
  }

  it('loses and repeats nothing when the connection breaks within an answer', async () => {
    const cutWithin = async ({ forward, answer, cut }: Exchange) => {
      const from = await forward()
      let bytes = 0
      from.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > 20_000) cut()
      })
      answer(from)
    }
    const { url, watches } = await watchesThrough([cutWithin, cutWithin, cutWithin])
    const kv = open({ endpoints: [url] })
    const { revision: from } = await kv.list('')
    const values = Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(2_000)}`)
    const seen = collect(kv, '', from, values.length)
    for (const value of values) await put(kv, 'a', value)
    expect(valuesOf(await seen)).toEqual(values)
    expect(watches()).toBe(4)
  })

  it('asks again when nothing comes, neither at first nor later', async () => {
    const silentFromStart = () => {}
    const silentLater = async ({ forward, answer }: Exchange) => {
      const from = await forward()
      answer(from)
      from.once('data', () => from.pause())
    }
    const { url, watches } = await watchesThrough([silentFromStart, silentLater, silentLater])
    const kv = open({ endpoints: [url], attemptMs: 500, silenceMs: 500 })
    const { revision: from } = await kv.list('')
    const seen = collect(kv, '', from, 1)
    await put(kv, 'a', 1)
    expect(valuesOf(await seen)).toEqual([1])
    expect(watches()).toBe(4)
  })

  it('keeps a connection as long as something comes', async () => {
    const { url, watches } = await watchesThrough([])
    const kv = open({ endpoints: [url], silenceMs: 500 })
    const { revision: from } = await kv.list('')
    const seen = collect(kv, '', from, 15)
    for (let i = 0; i < 15; i++) {
      await put(kv, 'a', i)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await seen
    expect(watches()).toBe(1)
  })

  it('is not left behind by a compaction when its prefix is quiet and the others are not', async () => {
    const { url, watches } = await watchesThrough([])
    const kv = open({ endpoints: [url], silenceMs: 300 })
    const { revision: from } = await kv.list('')
    const seen = collect(kv, 'quiet/', from, 1)
    await vi.waitFor(() => expect(watches()).toBe(1))
    for (let i = 0; i < 10; i++) await put(kv, 'busy/a', i)
    await etcd.compact()
    await vi.waitFor(() => expect(watches()).toBeGreaterThan(2), { timeout: 4_000 })
    await put(kv, 'quiet/a', 'here')
    expect(valuesOf(await seen)).toEqual(['here'])
  })

  it('says that it must list again where etcd would leave out a delete', async () => {
    const kv = open()
    const from = await put(kv, 'a', 1)
    await kv.commit([], [{ key: 'a', delete: true }])
    await etcd.compact()
    await put(kv, 'b', 1)
    for (const revision of [from, from - 1, 1, 0]) {
      await expect(collect(kv, '', revision, 1)).rejects.toMatchObject({ code: 'STORE_COMPACTED' })
    }
  })

  it('does not stay with a member that has lost the others', async () => {
    const cluster = await startEtcd({ members: 3, electionMs: 300 })
    onTestFinished(() => cluster.stop())
    let watches = 0
    const url = await faultyProxy(cluster.endpoints[0] as string, (exchange) => {
      if (exchange.path === '/v3/watch') watches++
      return pass(exchange)
    })
    const kv = open({ endpoints: [url, ...cluster.endpoints.slice(1)], random: () => 0 })
    const { revision: from } = await kv.list('')
    const seen = collect(kv, '', from, 2)
    await put(kv, 'a', 1)
    for (const member of [1, 2]) cluster.freeze(member)
    await vi.waitFor(() => expect(watches).toBeGreaterThan(1), { timeout: 5_000 })
    for (const member of [1, 2]) cluster.thaw(member)
    await put(kv, 'a', 2)
    expect(valuesOf(await seen)).toEqual([1, 2])
  })

  it('stops asking when the reader has gone', async () => {
    const ended: string[] = []
    const { url, watches } = await watchesThrough([
      async ({ forward, answer }) => {
        const from = await forward()
        from.once('close', () => ended.push('closed'))
        answer(from)
      },
    ])
    const kv = open({ endpoints: [url], silenceMs: 100 })
    const from = await put(kv, 'a', 1)
    for await (const _ of kv.watch('', { from: from - 1, signal: new AbortController().signal })) break
    await vi.waitFor(() => expect(ended).toEqual(['closed']))
    expect(watches()).toBe(1)
  })

  it('waits for a store that is away, and ends when it is told to', async () => {
    const kv = open({ endpoints: [await faultyProxy('', ({ cut }) => cut())] })
    const stop = new AbortController()
    const ended = Array.fromAsync(kv.watch('', { from: 1, signal: stop.signal }))
    setTimeout(() => stop.abort(), 200)
    expect(await ended).toEqual([])
  })
})

const valuesOf = (sets: Awaited<ReturnType<typeof collect>>) =>
  sets.flatMap(({ changes }) => changes.map((change) => !change.deleted && change.value))
