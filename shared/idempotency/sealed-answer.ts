import { gunzip, gzip } from '../lib/gzip.ts'
import { fromBase64, toBase64, utf8 } from '../pki/bytes.ts'
import type { Vault } from '../pki/index.ts'

/** What a call was answered, as far as a repeat of it shall say the same. */
export interface KeptAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** From here on packing an answer takes less than storing it. */
const PACKED_FROM_LENGTH = 32 * 1024
/** What was packed into one value of the store. */
const MOST_BYTES = 512 * 1024 * 1024

/** Answers may hold tokens and keys: none lies readable in the store. */
export async function sealAnswer(vault: Vault, purpose: string, answer: KeptAnswer): Promise<string> {
  const text = JSON.stringify(answer)
  const plain = text.length < PACKED_FROM_LENGTH ? text : JSON.stringify({ packed: toBase64(await gzip(utf8(text))) })
  return vault.seal(purpose, utf8(plain))
}

export async function openAnswer(vault: Vault, purpose: string, sealed: string): Promise<KeptAnswer> {
  const text = new TextDecoder().decode(await vault.open(purpose, sealed))
  const plain = JSON.parse(text) as KeptAnswer | { packed: string }
  if (!('packed' in plain)) return plain
  const bytes = fromBase64(plain.packed)
  const unpacked = bytes && (await gunzip(bytes, MOST_BYTES))
  if (!unpacked) throw new RangeError('a kept answer that cannot be unpacked')
  return JSON.parse(new TextDecoder().decode(unpacked)) as KeptAnswer
}
