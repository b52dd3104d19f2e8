import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

const TYPES: Record<number, 'A' | 'AAAA'> = { 1: 'A', 28: 'AAAA' }

/** What a name server says: addresses, `NXDOMAIN` or `SERVFAIL` for a name and type, or nothing at all (`silent`). */
export type Zone = Record<
  string,
  { A?: string[]; AAAA?: string[]; ttl?: number; fails?: 'NXDOMAIN' | 'SERVFAIL' | 'silent' }
>

/** A name server on this machine, as `address:port`. */
export async function startDns(zone: Zone): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (query, { address, port }) => {
    const answer = answerTo(query, zone)
    if (answer) socket.send(answer, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return `127.0.0.1:${(socket.address() as AddressInfo).port}`
}

/** RFC 1035: the header, the question again, and an answer for each address, whose name is that of the question. */
function answerTo(query: Buffer, zone: Zone): Buffer | null {
  const { name, end } = readName(query)
  const type = TYPES[query.readUInt16BE(end)]
  const { ttl = 60, fails, ...records } = zone[name] ?? { fails: 'NXDOMAIN' as const }
  if (fails === 'silent') return null
  const addresses = (type && records[type]) ?? []
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | (fails === 'NXDOMAIN' ? 3 : fails === 'SERVFAIL' ? 2 : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  const answers = addresses.map((address) => record(query.readUInt16BE(end), ttl, address))
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

function record(type: number, ttl: number, address: string): Buffer {
  const octets = type === 1 ? address.split('.').map(Number) : address.split(':').flatMap(toOctets)
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, octets.length])
  head.writeUInt32BE(ttl, 6)
  return Buffer.concat([head, Buffer.from(octets)])
}

/** Of a group of an IPv6 address that is written out in full. */
const toOctets = (group: string) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]
