import { joinBytes } from './join-bytes.ts'

/** The whole body; `null` where it is longer: then the rest is not waited for. */
export async function readAtMost({ body }: Response, mostBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > mostBytes) return null
    parts.push(part)
  }
  return joinBytes(parts)
}
