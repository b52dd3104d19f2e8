import { utf8 } from '../pki/bytes.ts'
import { type Head, headText } from './head.ts'
import { partsUnder } from './parts.ts'
import type { PassphraseKey } from './passphrase.ts'
import type { StoreRecord } from './snapshot.ts'

/** The first line of a document; all others are records. */
type FirstLine = { secret: string }
/** The last line: how many records there were. */
type LastLine = { records: number }

/** What one part holds before it is compressed: with a record of the largest size it is still a value of the store. */
const PART_LENGTH = 256 * 1024

interface DocumentOptions {
  head: Head
  key: PassphraseKey['key']
  secret: string
  records: AsyncIterable<StoreRecord[]>
}

/** The document, piece by piece, as somebody takes it. */
export async function* writeDocument({ head, key, secret, records }: DocumentOptions): AsyncGenerator<Uint8Array> {
  const text = headText(head)
  const parts = partsUnder(key, text)
  yield utf8(`${text.slice(0, -1)},"parts":[`)
  let number = 0
  const sealed = async (lines: string, isLast: boolean) => {
    const place = { number: number++, isLast }
    return utf8(`${place.number === 0 ? '' : ','}"${await parts.seal(lines, place)}"`)
  }
  let lines = lineOf({ secret } satisfies FirstLine)
  let count = 0
  for await (const batch of records) {
    for (const record of batch) {
      lines += lineOf(record)
      count += 1
      if (lines.length < PART_LENGTH) continue
      yield await sealed(lines, false)
      lines = ''
    }
  }
  yield await sealed(lines + lineOf({ records: count } satisfies LastLine), true)
  yield utf8(']}')
}

const lineOf = (value: FirstLine | LastLine | StoreRecord) => `${JSON.stringify(value)}\n`
