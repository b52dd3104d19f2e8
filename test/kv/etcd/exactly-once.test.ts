import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type EtcdKvOptions, etcdKv } from '../../../shared/kv/etcd.ts'
import type { Kv } from '../../../shared/kv/kv.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import {
  type Behaviour,
  cutAfter,
  cutBefore,
  type Exchange,
  faultyProxy,
  hang,
  pass,
} from '../../support/faulty-proxy.ts'
import { put } from '../conformance.ts'

describeEtcd('etcd: a commit over a connection that breaks', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd?.stop())

  /** A store whose transactions meet these behaviours, one after the other, and then nothing bad. */
  const through = async (faults: Behaviour[], options: Partial<EtcdKvOptions> = {}): Promise<Kv> => {
    const behaviours = [...faults]
    const url = await faultyProxy(etcd.endpoints[0] as string, (exchange) =>
      exchange.path === '/v3/kv/txn' ? (behaviours.shift() ?? pass)(exchange) : pass(exchange),
    )
    const prefix = `${crypto.randomUUID()}/`
    const kv = etcdKv({ endpoints: [url], prefix, attemptMs: 300, ...options })
    onTestFinished(() => kv.close())
    prefixes.set(kv, prefix)
    return kv
  }

  /** A client on the same store, with slots of its own. */
  const prefixes = new Map<Kv, string>()
  const another = (kv: Kv): Kv => {
    const other = etcdKv({ endpoints: etcd.endpoints, prefix: prefixes.get(kv) as string })
    onTestFinished(() => other.close())
    return other
  }

  for (const [what, faults] of [
    ['before it was carried out', [cutBefore]],
    ['after it was carried out', [cutAfter]],
    ['several times', [cutBefore, cutAfter, cutAfter, cutBefore]],
    ['by silence', [hang]],
    ['by silence, after it was carried out', [({ forward }: Exchange) => void forward()]],
  ] as [string, Behaviour[]][]) {
    it(`is made once when it broke ${what}`, async () => {
      const kv = await through([pass, ...faults])
      const from = await put(kv, 'counter', 0)
      const result = await kv.commit([{ key: 'counter', version: from }], [{ key: 'counter', value: 1 }])
      expect(await kv.get('counter')).toEqual({ key: 'counter', value: 1, version: result.ok && result.revision })
      expect(await changesUntilMarker(kv, from)).toEqual(['counter'])
    })

    it(`is made once without checks too when it broke ${what}`, async () => {
      const kv = await through(faults)
      const result = await kv.commit([], [{ key: 'a', value: 1, expiresInSeconds: 100 }])
      expect(result).toEqual({ ok: true, revision: (await kv.get('a'))?.version })
      expect(await changesUntilMarker(kv, 0)).toEqual(['a'])
    })

    it(`is refused when its checks do not hold and it broke ${what}`, async () => {
      const kv = await through([pass, ...faults])
      const from = await put(kv, 'a', 1)
      expect(await kv.commit([{ key: 'a', version: null }], [{ key: 'a', value: 2 }])).toEqual({ ok: false })
      expect(await kv.commit([{ key: 'a', version: from }], [{ key: 'a', value: 3 }])).toMatchObject({ ok: true })
      expect(await changesUntilMarker(kv, from)).toEqual(['a'])
    })
  }

  it('is made once when the store is closed meanwhile', async () => {
    const kv = await through([
      async ({ forward, cut }) => {
        await forward()
        await kv.close()
        cut()
      },
    ])
    const version = await put(kv, 'a', 1)
    expect(await kv.get('a')).toEqual({ key: 'a', value: 1, version })
  })

  describe('and a copy that arrives late', () => {
    /** Breaks the connection, and keeps the copy for later. `deliver` gives etcd's answers, which nobody waits for. */
    const keeper = () => {
      const kept: (() => Promise<IncomingMessage>)[] = []
      const keep: Behaviour = ({ cut, forward }) => {
        kept.push(forward)
        cut()
      }
      const deliver = () => Promise.all(kept.map(async (forward) => (await forward()).resume().statusCode))
      return { keep, deliver }
    }

    it('changes nothing after the commit was answered', async () => {
      const { keep, deliver } = keeper()
      const kv = await through([keep, keep])
      await put(kv, 'a', 'first')
      await put(kv, 'a', 'second')
      expect(await deliver()).toEqual([200, 200])
      expect((await kv.get('a'))?.value).toBe('second')
    })

    it('changes nothing after the commit was refused, though its checks hold by now', async () => {
      const { keep, deliver } = keeper()
      const kv = await through([pass, keep])
      await put(kv, 'a', 'here')
      expect(await kv.commit([{ key: 'a', version: null }], [{ key: 'a', value: 'late' }])).toEqual({ ok: false })
      await another(kv).commit([], [{ key: 'a', delete: true }])
      expect(await deliver()).toEqual([200])
      expect(await kv.get('a')).toBeNull()
    })

    it('changes nothing after the store was closed, which takes its slots away', async () => {
      const { keep, deliver } = keeper()
      const kv = await through([keep])
      await put(kv, 'a', 'first')
      await kv.commit([], [{ key: 'a', delete: true }])
      await kv.close()
      expect(await deliver()).toEqual([404])
      expect(await kv.get('a')).toBeNull()
    })

    it('does not mix with the next commit when its own was given up', async () => {
      const { keep, deliver } = keeper()
      let faulty = true
      const everyTime: Behaviour = (exchange) => (faulty ? keep : pass)(exchange)
      const kv = await through(
        Array.from({ length: 100 }, () => everyTime),
        { callMs: 300 },
      )
      await expect(put(kv, 'a', 'given up')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      faulty = false
      await deliver()
      const version = await put(kv, 'b', 1)
      expect(await kv.get('b')).toEqual({ key: 'b', value: 1, version })
      expect(await put(kv, 'b', 2)).toBeGreaterThan(version)
    })
  })
})

/** The keys that changed, in order, up to the marker that this writes. */
async function changesUntilMarker(kv: Kv, from: number): Promise<string[]> {
  await put(kv, 'marker', 1)
  const seen: string[] = []
  for await (const { changes } of kv.watch('', { from, signal: new AbortController().signal })) {
    for (const { key } of changes) {
      if (key === 'marker') return seen
      seen.push(key)
    }
  }
  return seen
}
