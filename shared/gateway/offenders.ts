/**
 * Which of the items HAProxy does not want, and why. What it refuses together is halved until the offenders stand
 * alone. `refusal` gives HAProxy's reason for these items, or null where it would take them.
 */
export async function findOffenders<T>(
  items: readonly T[],
  refusal: (items: readonly T[]) => Promise<string | null>,
): Promise<Map<T, string>> {
  const offenders = new Map<T, string>()
  const search = async (some: readonly T[]): Promise<void> => {
    const reason = some.length === 0 ? null : await refusal(some)
    if (reason === null) return
    const [only] = some
    if (some.length === 1 && only !== undefined) {
      offenders.set(only, reason)
      return
    }
    const middle = Math.ceil(some.length / 2)
    await search(some.slice(0, middle))
    await search(some.slice(middle))
  }
  await search(items)
  return offenders
}
