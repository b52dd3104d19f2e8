/** Compressing and back, by streams that every runtime has. */
type Bytes = Uint8Array<ArrayBuffer>

export async function gzip(plain: Bytes): Promise<Bytes> {
  const packed = new Blob([plain]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}

/** `null`: it is not gzip, or has more than so many bytes. */
export async function gunzip(packed: Bytes, mostBytes: number): Promise<Bytes | null> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))) {
      length += part.length
      if (length > mostBytes) return null
      parts.push(part)
    }
  } catch {
    return null
  }
  const plain = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    plain.set(part, at)
    at += part.length
  }
  return plain
}
