import { describe, vi } from 'vitest'
import { etcdIsHere } from './etcd.ts'

/** Tests that need a real etcd. Its disk decides how long they take, so they have time. */
export function describeEtcd(name: string, tests: () => void): void {
  const title = etcdIsHere ? name : `${name} (left out: there is no etcd on this machine)`
  describe.runIf(etcdIsHere)(title, () => {
    vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })
    tests()
  })
}
