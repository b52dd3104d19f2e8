/** Removals are remembered until nobody can tell of an older state any more. */
const MOST_REMEMBERED = 20_000

/** At which version keys were removed. */
export interface Removals {
  add(key: string, version: number): void
  /** 0: it was not, as far as is remembered. */
  versionOf(key: string): number
}

export function createRemovals(): Removals {
  const removals = new Map<string, number>()
  return {
    add(key, version) {
      removals.delete(key)
      removals.set(key, version)
      if (removals.size <= MOST_REMEMBERED) return
      const [oldest] = removals.keys()
      if (oldest !== undefined) removals.delete(oldest)
    },
    versionOf: (key) => removals.get(key) ?? 0,
  }
}
