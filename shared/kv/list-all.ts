import type { Entry, Json, Kv } from './kv.ts'

/** Every entry with the prefix, page by page: what is written meanwhile may be in it or not. */
export async function* listAll<T extends Json>(kv: Kv, prefix: string): AsyncGenerator<Entry<T>> {
  for (let after: string | null = ''; after !== null; ) {
    const { entries, next }: { entries: Entry<T>[]; next: string | null } = await kv.list<T>(prefix, { after })
    yield* entries
    after = next
  }
}
