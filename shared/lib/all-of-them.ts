/**
 * Does it to all items, so many at a time; the results are in the items' order. After a failure none is begun any more, and
 * those that were have ended when it is thrown: nothing goes on behind the back of whoever holds a gate for it.
 */
export async function allOfThem<T, R>(items: T[], atOnce: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  const queue = items.entries()
  const work = async () => {
    for (const [i, item] of queue) {
      try {
        results[i] = await act(item)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  if (failures.length > 0) throw failures[0]
  return results
}
