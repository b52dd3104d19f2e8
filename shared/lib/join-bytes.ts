type Bytes = Uint8Array<ArrayBuffer>

export function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** As `concat`, but a single block is given back as it is. */
export function joinBytes(blocks: readonly Bytes[]): Bytes {
  const [only] = blocks
  return only && blocks.length === 1 ? only : concat(blocks)
}
