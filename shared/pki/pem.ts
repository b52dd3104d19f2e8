import { AppError } from '../errors.ts'
import { type Bytes, fromBase64, toBase64 } from './bytes.ts'

/** What we write. */
export type PemLabel = 'CERTIFICATE' | 'PRIVATE KEY' | 'PUBLIC KEY' | 'X509 CRL'

export interface PemBlock {
  label: string
  der: Bytes
}

/** A chain of ten certificates with the largest keys, a private key and some explaining text. */
export const MAX_PEM_LENGTH = 128 * 1024
export const MAX_PEM_BLOCKS = 16

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,40})-----$/
const END = /^-----END ([A-Z0-9 ]{1,40})-----$/

export function toPem(label: PemLabel, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/**
 * Every block of the text, in order. What stands between blocks is explanation and is passed over, as OpenSSL does.
 * The text may hold a private key, so no error repeats any of it.
 */
export function fromPem(text: string): PemBlock[] {
  if (text.length > MAX_PEM_LENGTH) throw malformed(`it is longer than ${MAX_PEM_LENGTH} characters`)
  const blocks: PemBlock[] = []
  let open: { label: string; body: string[] } | null = null
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const trimmed = line.trim()
    if (open === null) {
      open = opened(trimmed)
    } else if (trimmed.startsWith('-----')) {
      blocks.push(closed(open, trimmed))
      open = null
    } else {
      open.body.push(trimmed)
    }
    if (blocks.length > MAX_PEM_BLOCKS) throw malformed(`it has more than ${MAX_PEM_BLOCKS} blocks`)
  }
  if (open !== null) throw malformed('its last block has no end')
  return blocks
}

function opened(line: string): { label: string; body: string[] } | null {
  const label = BEGIN.exec(line)?.[1]
  if (label !== undefined) return { label, body: [] }
  if (/^-----(BEGIN|END)/.test(line)) throw malformed('a line is neither the beginning nor the end of a block')
  return null
}

function closed({ label, body }: { label: string; body: string[] }, line: string): PemBlock {
  if (END.exec(line)?.[1] !== label) throw malformed('a block does not end with the label that it begins with')
  if (body.some((each) => each.includes(':'))) throw malformed('a block has headers, as keys with a passphrase have')
  const der = fromBase64(body.join(''))
  if (der === null) throw malformed('a block is not base64')
  return { label, der }
}

const malformed = (why: string) => new AppError('INVALID_INPUT', `This is no usable PEM: ${why}`)
