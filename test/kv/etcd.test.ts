import { afterAll, beforeAll } from 'vitest'
import { etcdKv } from '../../shared/kv/etcd.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { describeEtcd } from '../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../support/etcd.ts'
import { kvConformance } from './conformance.ts'

describeEtcd('etcd', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
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
