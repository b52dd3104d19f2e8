import { AppError } from '../errors.ts'

/** A head is far shorter. */
const MOST_HEAD_LENGTH = 16 * 1024
/** Far more than a part is when it is sealed. */
const MOST_PART_LENGTH = 8 * 1024 * 1024
const PARTS = /"parts"\s*:\s*\[/
const PART = /^\s*"([A-Za-z0-9+/=]*)"\s*([,\]])/
const END = /^\s*\}\s*\}\s*$/

export interface ScannedBody {
  /** `{passphrase, document}` without the parts. */
  head: unknown
  parts: AsyncIterable<{ text: string; isLast: boolean }>
}

/** Takes the body of an import apart while it comes, so that a document of any size needs little memory. */
export async function scanBody(chunks: AsyncIterable<string>): Promise<ScannedBody> {
  const source = chunks[Symbol.asyncIterator]()
  let buffer = ''
  const more = async (): Promise<boolean> => {
    const { value, done } = await source.next()
    if (!done) buffer += value
    return !done
  }

  let found = PARTS.exec(buffer)
  while (!found) {
    if (buffer.length > MOST_HEAD_LENGTH || !(await more())) throw notAnExport()
    found = PARTS.exec(buffer)
  }
  const start = found.index + found[0].length
  const head = parsedHead(`${buffer.slice(0, start)}]}}`)
  buffer = buffer.slice(start)

  async function* parts() {
    for (let isLast = false; !isLast; ) {
      // Only when the text that ends a part is there, as looking again at each chunk of a long one would take long.
      let part = PART.exec(buffer)
      while (!part) {
        if (buffer.length > MOST_PART_LENGTH || !(await more())) throw brokenOff()
        part = buffer.includes('"', buffer.indexOf('"') + 1) ? PART.exec(buffer) : null
      }
      buffer = buffer.slice(part[0].length)
      isLast = part[2] === ']'
      if (isLast) await expectEnd()
      yield { text: part[1] ?? '', isLast }
    }
  }

  async function expectEnd() {
    while (buffer.length < MOST_HEAD_LENGTH && (await more()));
    if (!END.test(buffer)) throw notAnExport()
  }

  return { head, parts: parts() }
}

function parsedHead(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notAnExport(cause)
  }
}

const notAnExport = (cause?: unknown) =>
  new AppError(
    'MALFORMED_JSON',
    'The body must be {"passphrase": "…", "document": …} in this order, the document as it was exported',
    { cause },
  )

const brokenOff = () =>
  new AppError('DOCUMENT_DAMAGED', 'The document is not whole: parts of it are missing or are no parts of an export')
