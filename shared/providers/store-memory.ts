import type { Backend } from '../domain/backend.ts'
import { plainJson } from '../lib/plain-json.ts'
import { textHash } from '../lib/text-hash.ts'

/** What the store was seen to have of a provider, and since when: so that an old answer of the source does not undo what came later. */
export interface StoreMemory {
  saw(stored: ReadonlyMap<string, Backend>, atMs: number): void
  /** This front has written it so; null: removed it. */
  wrote(name: string, backend: Backend | null): void
  /** Whether the store has had it (or not had it) like this since before that moment. */
  hadBefore(name: string, atMs: number): boolean
  /** No answer that is still to come was asked for before this moment. */
  forgetBefore(atMs: number): void
}

const printOf = (backend: Backend) => textHash(plainJson(backend))

export function createStoreMemory(): StoreMemory {
  let prints = new Map<string, string>()
  let firstMs = Number.POSITIVE_INFINITY
  const sinceMs = new Map<string, number>()

  return {
    saw(stored, atMs) {
      const now = new Map([...stored].map(([name, backend]) => [name, printOf(backend)]))
      if (firstMs === Number.POSITIVE_INFINITY) firstMs = atMs
      else {
        for (const name of new Set([...prints.keys(), ...now.keys()])) {
          if (prints.get(name) !== now.get(name)) sinceMs.set(name, atMs)
        }
      }
      prints = now
    },
    wrote(name, backend) {
      if (backend) prints.set(name, printOf(backend))
      else prints.delete(name)
    },
    hadBefore: (name, atMs) => (sinceMs.get(name) ?? firstMs) <= atMs,
    forgetBefore(atMs) {
      for (const [name, ms] of sinceMs) if (ms <= atMs) sinceMs.delete(name)
    },
  }
}
