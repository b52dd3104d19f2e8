import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Json } from '../kv/kv.ts'
import { sameText } from '../lib/same-text.ts'
import { type Head, headText } from './head.ts'
import { partsUnder } from './parts.ts'
import { keyOf } from './passphrase.ts'
import type { StoreRecord } from './snapshot.ts'

const FirstLine = z.strictObject({ secret: z.string().min(32).max(512) })
const LastLine = z.strictObject({ records: z.int().min(0) })
const key = z.string().regex(/^[\x21-\x7e]{1,512}$/)
const Line = z.union([z.strictObject({ key, value: z.json() }), z.strictObject({ key, deleted: z.literal(true) })])

export interface ReadOptions {
  head: Head
  passphrase: string
  parts: AsyncIterable<{ text: string; isLast: boolean }>
}

export interface OpenedDocument {
  secret: string
  /** Throws where a document is damaged; it was whole when this comes to its end. */
  records: AsyncIterable<StoreRecord[]>
}

export async function openDocument({ head, passphrase, parts }: ReadOptions): Promise<OpenedDocument> {
  const { key, check } = await keyOf(passphrase, head.kdf)
  if (!sameText(check, head.check)) {
    throw new AppError('WRONG_PASSPHRASE', 'The passphrase is not the one that the document was exported with')
  }
  const pieces = linesOf(parts, partsUnder(key, headText(head)))[Symbol.asyncIterator]()
  const first = await pieces.next()
  const { secret } = parsed(FirstLine, first.done ? null : first.value.shift())
  return { secret, records: recordsOf(first.done ? [] : first.value, pieces) }
}

async function* linesOf(parts: ReadOptions['parts'], sealed: ReturnType<typeof partsUnder>): AsyncGenerator<Json[]> {
  let number = 0
  for await (const { text, isLast } of parts) {
    const lines = await sealed.open(text, { number: number++, isLast })
    if (lines === null) throw damaged()
    yield lines
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }
}

async function* recordsOf(first: Json[], rest: AsyncIterator<Json[]>): AsyncGenerator<StoreRecord[]> {
  let count = 0
  for (let lines = first; ; ) {
    const next = await rest.next()
    const last = next.done ? parsed(LastLine, lines.pop()) : null
    const records = lines.map((line) => parsed(Line, line) as StoreRecord)
    count += records.length
    if (last && last.records !== count) throw damaged()
    yield records
    if (next.done) return
    lines = next.value
  }
}

/** Who could seal it could write it: so this is about another release rather than about an attack. */
function parsed<T>(schema: z.ZodType<T>, line: unknown): T {
  const result = schema.safeParse(line)
  if (result.success) return result.data
  throw damaged(result.error)
}

const damaged = (cause?: unknown) =>
  new AppError('DOCUMENT_DAMAGED', 'The document was altered, or is not whole: nothing of it was taken', { cause })
