/** RFC 1035 and 2782, as far as questions for addresses and services go. */
const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const
export type RecordType = keyof typeof TYPES

export interface Service {
  priority: number
  weight: number
  port: number
  target: string
}

export interface DnsAnswer {
  /** 0: no error, 2: the server failed, 3: there is no such name. */
  status: number
  /** Not all of it: it has to be asked over TCP. */
  isTruncated: boolean
  addresses: string[]
  services: Service[]
  /** The shortest of all records, also of those names that are only on the way; Infinity without any. */
  ttlSeconds: number
}

type Bytes = Uint8Array<ArrayBuffer>

const HEADER_BYTES = 12
const RECURSION_DESIRED = 0x0100
const [IS_ANSWER, IS_TRUNCATED, STATUS] = [0x8000, 0x0200, 0x000f]
const INTERNET = 1
const MOST_POINTERS = 64
const [MOST_NAME_OCTETS, MOST_LABEL_OCTETS] = [255, 63]

export function encodeQuestion(id: number, name: string, type: RecordType): Bytes {
  const labels = name.split('.').filter((label) => label !== '')
  const encoded = labels.flatMap((label) => [label.length, ...new TextEncoder().encode(label)])
  const words = [id, RECURSION_DESIRED, 1, 0, 0, 0]
  return Uint8Array.from([...words.flatMap(octets), ...encoded, 0, ...octets(TYPES[type]), ...octets(INTERNET)])
}

/** `null`: it is no answer to this question. */
export function decodeAnswer(message: Bytes, question: Bytes): DnsAnswer | null {
  try {
    return decode(message, question)
  } catch (error) {
    // It ends where it says that it goes on.
    if (error instanceof RangeError) return null
    throw error
  }
}

function decode(message: Bytes, question: Bytes): DnsAnswer | null {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const flags = view.getUint16(2)
  const isOurs = view.getUint16(0) === word(question, 0) && isSame(message, question)
  if (!isOurs || (flags & IS_ANSWER) === 0 || view.getUint16(4) !== 1) return null
  const answer: DnsAnswer = {
    status: flags & STATUS,
    isTruncated: (flags & IS_TRUNCATED) !== 0,
    addresses: [],
    services: [],
    ttlSeconds: Number.POSITIVE_INFINITY,
  }
  const type = word(question, question.length - 4)
  let at = question.length
  for (let left = view.getUint16(6); left > 0 && !answer.isTruncated; left--) {
    const record = readName(view, at).end
    const data = record + 10
    const length = view.getUint16(record + 8)
    answer.ttlSeconds = Math.min(answer.ttlSeconds, view.getUint32(record + 4))
    if (view.getUint16(record) === type && view.getUint16(record + 2) === INTERNET)
      addRecord(answer, type, view, data, length)
    at = data + length
  }
  return answer
}

function addRecord({ addresses, services }: DnsAnswer, type: number, view: DataView, at: number, length: number): void {
  if (type === TYPES.SRV) {
    const [priority, weight, port] = [0, 2, 4].map((offset) => view.getUint16(at + offset)) as [number, number, number]
    services.push({ priority, weight, port, target: readName(view, at + 6).name })
  } else if (type === TYPES.A && length === 4) {
    addresses.push([0, 1, 2, 3].map((offset) => view.getUint8(at + offset)).join('.'))
  } else if (type === TYPES.AAAA && length === 16) {
    const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16))
    addresses.push(new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1))
  }
}

/**
 * A name may end with a pointer to where the rest of it stands. One that is longer than names may be is not read on: thousands of
 * records can point to it.
 */
function readName(view: DataView, start: number): { name: string; end: number } {
  const labels: string[] = []
  let [at, end, pointers, octetsLeft] = [start, -1, 0, MOST_NAME_OCTETS - 1]
  for (let length = view.getUint8(at); length !== 0; length = view.getUint8(at)) {
    if (length >= 0xc0) {
      if (++pointers > MOST_POINTERS) throw new RangeError('a name without an end')
      if (end === -1) end = at + 2
      at = view.getUint16(at) & 0x3fff
    } else {
      octetsLeft -= 1 + length
      if (length > MOST_LABEL_OCTETS || octetsLeft < 0) throw new RangeError('a name that is too long')
      labels.push(String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 1, length)))
      at += 1 + length
    }
  }
  return { name: labels.join('.'), end: end === -1 ? at + 1 : end }
}

/** The question stands in its answer as it was asked, or in other letters of the same. */
function isSame(message: Bytes, question: Bytes): boolean {
  if (message.length < question.length) return false
  return question.every((octet, i) => i < HEADER_BYTES || lower(octet) === lower(message[i] ?? 0))
}

const lower = (octet: number) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)
const octets = (value: number): number[] => [value >> 8, value & 0xff]
const word = (bytes: Bytes, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
