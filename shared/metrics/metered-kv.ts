import type { Kv } from '../kv/kv.ts'
import type { MetricName } from './families.ts'
import type { Registry } from './registry.ts'

interface Meter {
  registry: Registry<MetricName>
  adapter: string
  /** Milliseconds, finer than a clock's. */
  elapsed: () => number
}

/** The same store, with the time of each operation. */
export function meteredKv(kv: Kv, { registry, adapter, elapsed }: Meter): Kv {
  const timed = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const startedMs = elapsed()
    const labels = [adapter, operation]
    try {
      return await work()
    } catch (error) {
      registry.add('front_kv_operation_errors_total', labels)
      throw error
    } finally {
      registry.observe('front_kv_operation_duration_seconds', labels, (elapsed() - startedMs) / 1_000)
    }
  }
  return {
    maxOperations: kv.maxOperations,
    maxCommitBytes: kv.maxCommitBytes,
    get: (key) => timed('get', () => kv.get(key)),
    list: (prefix, options) => timed('list', () => kv.list(prefix, options)),
    commit: (checks, writes) => timed('commit', () => kv.commit(checks, writes)),
    watch: (prefix, options) => kv.watch(prefix, options),
    close: () => kv.close(),
  }
}
