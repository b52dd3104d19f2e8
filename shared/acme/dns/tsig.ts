import { type Bytes, concat } from '../../pki/bytes.ts'
import { counted, u16, u32, wireName } from './dns-message.ts'

/** Messages that two sides sign under a key that they share (RFC 8945). */

const [TSIG, ANY] = [250, 255]
const FUDGE_SECONDS = 300
const HEADER_BYTES = 12
const ADDITIONAL_COUNT_AT = 10

const u48 = (value: number) => concat([u16(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)])

export interface TsigKey {
  name: string
  /** As it is named in records, and as WebCrypto names its hash. */
  algorithm: { name: string; hash: string }
  secret: Bytes
}

export interface Signed {
  message: Bytes
  /** What the answer must be signed with besides. */
  mac: Bytes
}

/** 4.3: the message, its last record telling by which key it was signed, and when. */
export async function signedMessage(message: Bytes, key: TsigKey, nowMs: number): Promise<Signed> {
  const [keyName, algorithm] = [wireName(key.name), wireName(key.algorithm.name)]
  const when = concat([u48(Math.floor(nowMs / 1_000)), u16(FUDGE_SECONDS)])
  const noError = concat([u16(0), u16(0)])
  const variables = concat([keyName, u16(ANY), u32(0), algorithm, when, noError])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(key), concat([message, variables])))
  const data = concat([algorithm, when, counted(mac), message.subarray(0, 2), noError])
  const record = concat([keyName, u16(TSIG), u16(ANY), u32(0), counted(data)])
  const signed = concat([message, record])
  // One additional record.
  signed[ADDITIONAL_COUNT_AT + 1] = 1
  return { message: signed, mac }
}

/** 5.3: whether who has the key gave this answer to that request, just now. */
export async function isAnswerTo(
  { mac: requestMac }: Signed,
  answer: Bytes,
  key: TsigKey,
  nowMs: number,
): Promise<boolean> {
  const found = signatureIn(answer, key)
  if (!found || Math.abs(found.seconds - nowMs / 1_000) > FUDGE_SECONDS) return false
  const { unsigned, mac, variables } = found
  return crypto.subtle.verify('HMAC', await hmacKey(key), mac, concat([counted(requestMac), unsigned, variables]))
}

const hmacKey = ({ secret, algorithm: { hash } }: TsigKey) =>
  crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign', 'verify'])

/** The last record, if it is a signature; nothing where it cannot be understood. */
function signatureIn(answer: Bytes, key: TsigKey) {
  try {
    const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
    const [questions, ...others] = [4, 6, 8, ADDITIONAL_COUNT_AT].map((at) => view.getUint16(at))
    let at = HEADER_BYTES
    for (let i = 0; i < (questions ?? 0); i++) at = afterName(view, at) + 4
    let last = at
    for (let i = others.reduce((sum, count) => sum + count, 0); i > 0; i--) {
      last = at
      const fixed = afterName(view, at)
      at = fixed + 10 + view.getUint16(fixed + 8)
    }
    const fixed = afterName(view, last)
    if (last === at || at !== answer.length || view.getUint16(fixed) !== TSIG) return null
    const algorithm = wireName(key.algorithm.name)
    const whenAt = afterName(view, fixed + 10)
    const macAt = whenAt + 10
    const afterMac = macAt + view.getUint16(whenAt + 8)
    const unsigned = answer.slice(0, last)
    unsigned.set(u16(view.getUint16(ADDITIONAL_COUNT_AT) - 1), ADDITIONAL_COUNT_AT)
    // As it was before anybody on the way gave it another number.
    unsigned.set(answer.subarray(afterMac, afterMac + 2), 0)
    const [when, error] = [answer.subarray(whenAt, whenAt + 8), answer.subarray(afterMac + 2)]
    const variables = concat([wireName(key.name), u16(ANY), u32(0), algorithm, when, error])
    const seconds = view.getUint16(whenAt) * 2 ** 32 + view.getUint32(whenAt + 2)
    return { unsigned, mac: answer.slice(macAt, afterMac), variables, seconds }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** A name ends with an empty label, or with the place where the rest of it stands (RFC 1035 4.1.4). */
function afterName(view: DataView, from: number): number {
  for (let at = from; ; at += view.getUint8(at) + 1) {
    if (view.getUint8(at) === 0) return at + 1
    if (view.getUint8(at) >= 0xc0) return at + 2
  }
}
