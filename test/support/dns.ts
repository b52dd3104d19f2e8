import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { listen } from './targets.ts'

const TYPES: Record<number, 'A' | 'AAAA' | 'CNAME' | 'SRV' | 'TXT'> = {
  1: 'A',
  5: 'CNAME',
  28: 'AAAA',
  33: 'SRV',
  16: 'TXT',
}
const MOST_UDP_BYTES = 512
const TRUNCATED = 0x02

/**
 * What a name server says: addresses, services (`priority weight port target`), texts, `NXDOMAIN` or `SERVFAIL` for a name and
 * type, or nothing at all (`silent`).
 */
export type Zone = Record<
  string,
  {
    A?: string[]
    AAAA?: string[]
    CNAME?: string[]
    SRV?: string[]
    TXT?: string[]
    ttl?: number
    /** Records as they go over the wire, whatever is asked. */
    octets?: Buffer[]
    fails?: 'NXDOMAIN' | 'SERVFAIL' | 'silent'
  }
>

/** A name server on this machine, as `address:port`. */
export async function startDns(zone: Zone): Promise<string> {
  const port = await listenOnTcp(zone)
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const answer = answerTo(query, zone)
    if (answer) socket.send(answer.length > MOST_UDP_BYTES ? truncated(answer, query) : answer, from.port, from.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return `127.0.0.1:${(socket.address() as AddressInfo).port}`
}

/** Each message comes after its length; a query fits one packet. */
function listenOnTcp(zone: Zone): Promise<number> {
  const server = createServer((connection) => {
    connection.on('error', () => undefined)
    connection.on('data', (query) => {
      const answer = answerTo(query.subarray(2), zone)
      if (answer) connection.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 0xff]), answer]))
    })
  })
  return listen(server)
}

function truncated(answer: Buffer, query: Buffer): Buffer {
  const head = Buffer.concat([answer.subarray(0, 12), query.subarray(12)])
  head.writeUInt8(head.readUInt8(2) | TRUNCATED, 2)
  head.writeUInt16BE(0, 6)
  return head
}

/** RFC 1035: the header, the question again, and an answer for each record, whose name is that of the question. */
function answerTo(query: Buffer, zone: Zone): Buffer | null {
  const { name, end } = readName(query)
  const type = TYPES[query.readUInt16BE(end)]
  const { ttl = 60, fails, octets, ...records } = zone[name] ?? { fails: 'NXDOMAIN' as const }
  if (fails === 'silent') return null
  const found = (type && records[type]) ?? []
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | (fails === 'NXDOMAIN' ? 3 : fails === 'SERVFAIL' ? 2 : 0), 2)
  header.writeUInt16BE(1, 4)
  const answers = octets ?? found.map((each) => record(query.readUInt16BE(end), ttl, each))
  header.writeUInt16BE(answers.length, 6)
  return Buffer.concat([header, query.subarray(12, end + 4), ...answers])
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), end: at + 1 }
}

function record(type: number, ttl: number, text: string): Buffer {
  const octets =
    type === 16
      ? texts(text)
      : type === 33
        ? service(text)
        : type === 5
          ? wireName(text)
          : type === 1
            ? text.split('.').map(Number)
            : text.split(':').flatMap(toOctets)
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, octets.length >> 8, octets.length & 0xff])
  head.writeUInt32BE(ttl, 6)
  return Buffer.concat([head, Buffer.from(octets)])
}

/** Of a group of an IPv6 address that is written out in full. */
const toOctets = (group: string) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]

/** In strings of 255 bytes at most, each after its length. */
function texts(text: string): number[] {
  const parts = text.match(/.{1,255}/g) ?? ['']
  return parts.flatMap((part) => [part.length, ...Buffer.from(part)])
}

function service(text: string): number[] {
  const [priority = 0, weight = 0, port = 0, target = ''] = text.split(' ')
  return [...[priority, weight, port].flatMap((word) => [Number(word) >> 8, Number(word) & 0xff]), ...wireName(target)]
}

function wireName(name: string): number[] {
  const labels = name.split('.').filter(Boolean)
  return [...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0]
}
