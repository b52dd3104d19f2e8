type Bytes = Uint8Array<ArrayBuffer>

export function joinBytes(blocks: readonly Bytes[]): Bytes {
  const [only] = blocks
  if (only && blocks.length === 1) return only
  const all = new Uint8Array(blocks.reduce((length, block) => length + block.length, 0))
  let at = 0
  for (const block of blocks) {
    all.set(block, at)
    at += block.length
  }
  return all
}
