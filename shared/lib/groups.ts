/** Members of groups by a key each. A group without members takes no memory. */
export interface Groups<K, T> {
  /** Gives back what takes it out again. */
  add(key: K, member: T): () => void
  /** As they are now: who comes or goes meanwhile changes nothing of it. */
  of(key: K): readonly T[]
  all(): T[]
}

export function createGroups<K, T>(): Groups<K, T> {
  const groups = new Map<K, Set<T>>()
  return {
    add(key, member) {
      const group = groups.get(key) ?? new Set()
      groups.set(key, group.add(member))
      return () => {
        group.delete(member)
        if (group.size === 0 && groups.get(key) === group) groups.delete(key)
      }
    },
    of: (key) => [...(groups.get(key) ?? [])],
    all: () => [...groups.values()].flatMap((group) => [...group]),
  }
}
