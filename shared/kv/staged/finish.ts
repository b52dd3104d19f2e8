import type { Entry, Kv, Write } from '../kv.ts'
import { listAll } from '../list-all.ts'
import { INTENTS, type Intent, intentKey, isLock, type Part, partsPrefix } from './intent.ts'

/** Makes a decided intent's keys plain again, with their new values or their old ones, and forgets the intent. */
export async function finish(kv: Kv, id: string): Promise<void> {
  const intent = await kv.get<Intent>(intentKey(id))
  if (!intent || intent.value.state === 'staging') return
  for (;;) {
    const parts = await kv.list<Part>(partsPrefix(id), { limit: 100 })
    if (parts.entries.length === 0) break
    for (const part of parts.entries) await finishPart(kv, id, intent.value, part)
  }
  await kv.commit([], [{ key: intentKey(id), delete: true }])
}

/** Finishes what was decided, and aborts what was left in the middle. Says how many intents it put in order. */
export async function recover(kv: Kv, nowMs: number): Promise<number> {
  let recovered = 0
  for (const id of await intentIds(kv)) {
    if (await abandoned(kv, id, nowMs)) await abort(kv, id)
    const intent = await kv.get<Intent>(intentKey(id))
    if (!intent || intent.value.state === 'staging') continue
    await finish(kv, id)
    recovered += 1
  }
  return recovered
}

/** Aborts the intent unless it is decided already. */
export async function abort(kv: Kv, id: string): Promise<void> {
  const intent = await kv.get<Intent>(intentKey(id))
  if (intent?.value.state !== 'staging') return
  const aborted: Intent = { ...intent.value, state: 'aborted' }
  const { ok } = await kv.commit([{ key: intent.key, version: intent.version }], [{ key: intent.key, value: aborted }])
  // Renewed or decided meanwhile: look again.
  if (!ok) await abort(kv, id)
}

export async function abandoned(kv: Kv, id: string, nowMs: number): Promise<boolean> {
  const intent = await kv.get<Intent>(intentKey(id))
  return intent?.value.state === 'staging' && intent.value.deadlineMs <= nowMs
}

async function finishPart(kv: Kv, id: string, intent: Intent, part: Entry<Part>): Promise<void> {
  const entries = await Promise.all(part.value.keys.map((key) => kv.get(key)))
  const locked = entries.filter(
    (entry) => entry !== null && isLock(entry.value) && entry.value.$intent === id,
  ) as Entry[]
  const { ok } = await kv.commit(
    locked.map(({ key, version }) => ({ key, version })),
    [...locked.map((entry) => unlock(entry, intent)), { key: part.key, delete: true }],
  )
  // Somebody wrote one of the keys, or finishes the same intent.
  if (!ok) await finishPart(kv, id, intent, part)
}

function unlock({ key, value }: Entry, { state }: Intent): Write {
  const lock = isLock(value) ? value : null
  const plain = state === 'committed' ? lock?.after : lock?.before && { value: lock.before.value }
  return plain ? { key, ...plain } : { key, delete: true }
}

async function intentIds(kv: Kv): Promise<string[]> {
  const ids: string[] = []
  for await (const { key } of listAll(kv, INTENTS)) {
    const id = key.slice(INTENTS.length)
    if (!id.includes('/')) ids.push(id)
  }
  return ids
}
