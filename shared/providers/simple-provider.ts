import type { BackendInput } from '../domain/backend.ts'
import { byName } from './differences.ts'
import { type BackendEvent, type BackendProvider, type Emit, nameOf } from './provider.ts'

export interface SimpleProvider extends BackendProvider {
  /** Each comes back when the channel has taken it; before the start, at once. */
  add(backend: BackendInput): Promise<void>
  update(backend: BackendInput): Promise<void>
  remove(name: string): Promise<void>
}

/** Backends in memory, which change when somebody says so. */
export function createSimpleProvider(initial: readonly BackendInput[] = []): SimpleProvider {
  const backends = byName(initial)
  /** The newest of each that was not told yet: it stays small however fast somebody calls. */
  const untold = new Map<string, BackendEvent>()
  let emit: Emit | undefined
  let telling: Promise<void> | undefined

  const tellAll = async () => {
    await Promise.resolve()
    try {
      for (const [name, event] of untold) {
        untold.delete(name)
        await emit?.(event)
      }
    } finally {
      // Here and not when the promise has ended: what is called in between would wait for the next call.
      telling = undefined
    }
  }
  const tell = async (...events: BackendEvent[]) => {
    if (emit === undefined) return
    for (const event of events) untold.set(nameOf(event), event)
    telling ??= tellAll()
    await telling
  }
  const put = (backend: BackendInput) => {
    const type = backends.has(backend.name) ? 'UPDATE' : 'ADD'
    backends.set(backend.name, backend)
    return tell({ type, backend })
  }
  const end = () => {
    emit = undefined
    untold.clear()
  }
  return {
    async start(to, { signal, succeeded }) {
      emit = to
      succeeded()
      await tell(...[...backends.values()].map((backend): BackendEvent => ({ type: 'ADD', backend })))
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
        if (signal.aborted) resolve()
      })
      end()
    },
    getBackends: async () => [...backends.values()],
    getBackend: async (name) => backends.get(name) ?? null,
    stop: async () => end(),
    add: put,
    update: put,
    async remove(name) {
      if (backends.delete(name)) await tell({ type: 'DELETE', name })
    },
  }
}
