import type { Kv, Write } from './kv.ts'

const AT_ONCE = 500

/** Not in one commit: for what nobody looks at any more. */
export async function deleteAll(kv: Kv, keys: string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const writes: Write[] = keys.slice(at, at + AT_ONCE).map((key) => ({ key, delete: true }))
    await kv.commit([], writes)
  }
}
