import { afterAll, beforeAll, describe } from 'vitest'
import { etcdKv } from '../../shared/kv/etcd.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { type EtcdCluster, etcdIsHere, startEtcd } from '../support/etcd.ts'
import { kvConformance } from './conformance.ts'

describe.runIf(etcdIsHere)('etcd, where it is installed', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  }, 30_000)
  afterAll(() => etcd?.stop())

  const prefixes = new WeakMap<Kv, string>()
  const open = (prefix: string) => {
    const kv = etcdKv({ endpoints: etcd.endpoints, prefix })
    prefixes.set(kv, prefix)
    return kv
  }

  kvConformance('etcd', {
    open: async () => open(`${crypto.randomUUID()}/`),
    reopen: async (kv) => open(prefixes.get(kv) as string),
    compact: () => etcd.compact(),
  })
})
