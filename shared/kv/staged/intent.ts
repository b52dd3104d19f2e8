import type { Entry, Json, Kv } from '../kv.ts'

/** Readers of the store never see these keys. */
export const INTENTS = '~intents/'

/** The one record whose change makes a staged commit true, or void. */
export type Intent = {
  state: 'staging' | 'committed' | 'aborted'
  /** Whoever stages renews it with each part; after it anybody may abort. */
  deadlineMs: number
}

/** Names the keys that one part locks, so that whoever finishes the intent finds them. */
export type Part = { keys: string[] }

/** Stands in a key's place from its part's commit until the intent is finished. */
export type Lock = {
  $intent: string
  before: { value: Json; version: number } | null
  after: { value: Json; expiresInSeconds?: number } | null
}

export const intentKey = (id: string) => `${INTENTS}${id}`
export const partsPrefix = (id: string) => `${INTENTS}${id}/`
export const partKey = (id: string, part: number) => `${partsPrefix(id)}${String(part).padStart(6, '0')}`

export const isLock = (value: Json): value is Lock =>
  typeof value === 'object' && value !== null && '$intent' in value && typeof value.$intent === 'string'

/** What a reader is told of an entry: what the intent made of the key if it is committed, else what was there before. */
export async function resolve<T extends Json>(kv: Kv, entry: Entry): Promise<Entry<T> | null> {
  if (!isLock(entry.value)) return entry as Entry<T>
  const intent = await kv.get<Intent>(intentKey(entry.value.$intent))
  if (intent) return seenThrough<T>(entry, entry.value, intent.value)
  // Finished since the entry was read: it has its plain value by now.
  const again = await kv.get(entry.key)
  return again && resolve<T>(kv, again)
}

/** Like `resolve`, asking for each intent once, so that a page shows all of an intent or nothing. */
export async function resolveAll<T extends Json>(kv: Kv, entries: Entry[]): Promise<Entry<T>[]> {
  const ids = new Set(entries.flatMap(({ value }) => (isLock(value) ? [value.$intent] : [])))
  if (ids.size === 0) return entries as Entry<T>[]
  const intents = new Map<string, Intent | undefined>()
  for (const id of ids) intents.set(id, (await kv.get<Intent>(intentKey(id)))?.value)
  const resolved = entries.map((entry) => {
    const intent = isLock(entry.value) && intents.get(entry.value.$intent)
    return isLock(entry.value) && intent ? seenThrough<T>(entry, entry.value, intent) : resolve<T>(kv, entry)
  })
  return (await Promise.all(resolved)).filter((entry) => entry !== null)
}

/**
 * Before the intent is decided the old version is told, which no check can match:
 * whoever builds on it is refused and reads again.
 */
function seenThrough<T extends Json>({ key, version }: Entry, lock: Lock, intent: Intent): Entry<T> | null {
  if (intent.state === 'committed') return lock.after && { key, value: lock.after.value as T, version }
  return lock.before && { key, value: lock.before.value as T, version: lock.before.version }
}
