import type { Backends } from '../../shared/backends/backends.ts'
import type { Backend } from '../../shared/domain/backend.ts'

/** The backends of all providers without a store or a HAProxy, with faults on demand. */
export interface KeptBackends extends Pick<Backends, 'of' | 'apply' | 'setProviders'> {
  /** By provider and name. */
  all: Map<string, Map<string, Backend>>
  /** How many changes came in each call. */
  calls: number[]
  order: readonly string[]
  /** Thrown by the next call, where it gives something. */
  fault(): Error | null
  /** Why one is not taken. */
  refusal(name: string): Error | null
  /** As soon as it holds, looked at after each call. */
  until(holds: () => boolean): Promise<void>
}

export function keptBackends(): KeptBackends {
  const looks = new Set<() => void>()
  const changed = () => {
    for (const look of looks) look()
  }
  const kept: KeptBackends = {
    all: new Map(),
    calls: [],
    order: [],
    fault: () => null,
    refusal: () => null,
    async of(provider) {
      throwIf(kept.fault())
      return [...(kept.all.get(provider)?.values() ?? [])]
    },
    async apply(provider, changes) {
      await Promise.resolve()
      throwIf(kept.fault())
      kept.calls.push(changes.length)
      const own = kept.all.get(provider) ?? new Map()
      kept.all.set(provider, own)
      const outcomes = changes.map(({ name, backend }) => {
        const error = kept.refusal(name)
        if (error === null && backend) own.set(name, backend)
        else if (error === null) own.delete(name)
        return { name, error }
      })
      changed()
      return { outcomes, status: 'live', applied: { via: 'runtime', why: '', steps: [] } }
    },
    async setProviders(names) {
      throwIf(kept.fault())
      kept.order = names
      for (const each of kept.all.keys()) if (!names.includes(each)) kept.all.delete(each)
      changed()
    },
    until(holds) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if (!holds()) return
        looks.delete(look)
        resolve()
      }
      looks.add(look)
      look()
      return promise
    },
  }
  return kept
}

function throwIf(error: Error | null): void {
  if (error) throw error
}
