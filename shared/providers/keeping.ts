import type { Backends } from '../backends/backends.ts'
import type { BackendChange } from '../backends/decide.ts'
import type { Backend } from '../domain/backend.ts'
import { createGate } from '../lib/gate.ts'
import { plainJson } from '../lib/plain-json.ts'
import { textHash } from '../lib/text-hash.ts'
import type { Account } from './account.ts'
import { createPatience } from './patience.ts'
import type { StoreMemory } from './store-memory.ts'

/** Writes what one provider told into the store, and knows what is there: the state map. */
export interface Keeping {
  /** What the store has of it, as far as this front knows. */
  readonly state: ReadonlyMap<string, Backend>
  /** One commit for all of them. Rejects when the store cannot be written; what cannot be taken is refused by itself. */
  put(changes: readonly BackendChange[]): Promise<void>
  read(): Promise<ReadonlyMap<string, Backend>>
  /** Whether it was not refused like this a moment ago. */
  mayTry(change: BackendChange): boolean
}

interface KeepingOptions {
  provider: string
  backends: Pick<Backends, 'of' | 'apply'>
  account: Account
  memory: StoreMemory
  now: () => number
}

export function createKeeping({ provider, backends, account, memory, now }: KeepingOptions): Keeping {
  const state = new Map<string, Backend>()
  const patience = createPatience()
  const gate = createGate()
  const printOf = ({ backend }: BackendChange) => textHash(plainJson(backend))

  const note = (change: BackendChange, error: Error | null | undefined) => {
    const { name, backend } = change
    if (error) {
      patience.refused(name, printOf(change), now())
      account.refuse(name, error.message)
      return
    }
    patience.accepted(name)
    account.accept(name)
    memory.wrote(name, backend)
    if (backend) state.set(name, backend)
    else state.delete(name)
  }
  return {
    state,
    put: (changes) =>
      gate.run(async () => {
        if (changes.length === 0) return
        const { outcomes } = await backends.apply(provider, changes)
        const errors = new Map(outcomes.map(({ name, error }) => [name, error]))
        for (const change of changes) note(change, errors.get(change.name))
      }),
    read: () =>
      gate.run(async () => {
        const stored = new Map((await backends.of(provider)).map((backend) => [backend.name, backend]))
        state.clear()
        for (const [name, backend] of stored) state.set(name, backend)
        return stored
      }),
    mayTry: (change) => patience.mayTry(change.name, printOf(change), now()),
  }
}
