import { fromBase64, toBase64, utf8 } from '../pki/bytes.ts'
import type { Vault } from '../pki/index.ts'
import type { KeptAnswer } from './kept-answers.ts'

/** From here on packing an answer takes less than storing it. */
const PACKED_FROM_LENGTH = 32 * 1024

/** Answers may hold tokens and keys: none lies readable in the store. */
export async function sealAnswer(vault: Vault, purpose: string, answer: KeptAnswer): Promise<string> {
  const text = JSON.stringify(answer)
  const plain = text.length < PACKED_FROM_LENGTH ? text : JSON.stringify({ packed: toBase64(await packed(text)) })
  return vault.seal(purpose, utf8(plain))
}

export async function openAnswer(vault: Vault, purpose: string, sealed: string): Promise<KeptAnswer> {
  const text = new TextDecoder().decode(await vault.open(purpose, sealed))
  const plain = JSON.parse(text) as KeptAnswer | { packed: string }
  return 'packed' in plain ? (JSON.parse(await unpacked(plain.packed)) as KeptAnswer) : plain
}

async function packed(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

async function unpacked(base64: string): Promise<string> {
  const bytes = fromBase64(base64)
  if (bytes === null) throw new RangeError('a packed answer that is no base64')
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
}
