/** A map with string keys that can be read in key order from any place. */
export interface SortedMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): boolean
  /** From `start` on (included), in order. */
  from(start: string): Iterable<[string, V]>
}

export function sortedMap<V>(): SortedMap<V> {
  const values = new Map<string, V>()
  const keys: string[] = []

  /** Where the key is, or would have to be put. */
  const position = (key: string): number => {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((keys[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    get: (key) => values.get(key),
    set(key, value) {
      if (!values.has(key)) keys.splice(position(key), 0, key)
      values.set(key, value)
    },
    delete(key) {
      if (!values.delete(key)) return false
      keys.splice(position(key), 1)
      return true
    },
    *from(start) {
      for (let i = position(start); i < keys.length; i++) {
        const key = keys[i] as string
        yield [key, values.get(key) as V]
      }
    },
  }
}
