import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { getServers } from 'node:dns'
import { connect } from 'node:net'
import { SourceError, systemCode } from '../source-error.ts'
import type { AskDns } from './ask-dns.ts'
import { type DnsAnswer, decodeAnswer, encodeQuestion, type RecordType } from './message.ts'

export interface AskDnsOptions {
  /** `address` or `address:port`; the system's own if not given. */
  resolver?: string | undefined
  /** For each try. Default 1,500. */
  timeoutMs?: number
}

type Bytes = Uint8Array<ArrayBuffer>
type Server = { host: string; port: number }
type Send = (server: Server, question: Bytes, signal: AbortSignal) => Promise<DnsAnswer>

const TRIES = 2
const [NO_ERROR, NO_SUCH_NAME] = [0, 3]
const MEANINGS: Record<number, string> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' }

/** Asks a DNS server by itself: Node's own functions do not tell how long a service's records hold. */
export function createAskDns({ resolver, timeoutMs = 1_500 }: AskDnsOptions = {}): AskDns {
  return async (name, type, signal) => {
    const servers = (resolver === undefined ? getServers() : [resolver]).map(toServer)
    let failure = 'there is no server'
    for (const server of Array.from({ length: TRIES }, () => servers).flat()) {
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        const answer = await askOne(server, name, type, AbortSignal.any([signal, timeout]))
        const { status, addresses, services } = answer
        if (status === NO_SUCH_NAME || (status === NO_ERROR && addresses.length + services.length === 0)) return null
        if (status === NO_ERROR) return answer
        failure = MEANINGS[status] ?? `DNS status ${status}`
      } catch (error) {
        if (signal.aborted) throw error
        failure = timeout.aborted
          ? 'no answer'
          : (systemCode(error) ?? (error instanceof Error ? error.message : String(error)))
      }
    }
    const asked = servers.map(({ host, port }) => `${host} port ${port}`).join(', ')
    throw new SourceError(`${asked} cannot say the ${type} records of ${name} (${failure})`)
  }
}

async function askOne(server: Server, name: string, type: RecordType, signal: AbortSignal): Promise<DnsAnswer> {
  const question = encodeQuestion(randomInt(0x10000), name, type)
  const answer = await overUdp(server, question, signal)
  return answer.isTruncated ? overTcp(server, question, signal) : answer
}

/** From a port of its own, so that nobody else can guess where the answer is waited for. */
const overUdp: Send = async ({ host, port }, question, signal) => {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    return await new Promise<DnsAnswer>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      socket.on('error', reject)
      socket.on('message', (message) => {
        const answer = decodeAnswer(new Uint8Array(message), question)
        if (answer) resolve(answer)
      })
      socket.on('connect', () => socket.send(question))
      socket.connect(port, host)
    })
  } finally {
    socket.close()
  }
}

/** Each message comes after its length, in two octets. */
const overTcp: Send = ({ host, port }, question, signal) =>
  new Promise<DnsAnswer>((resolve, reject) => {
    const socket = connect({ host, port, signal })
    let received = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed')))
    socket.on('data', (part) => {
      received = Buffer.concat([received, part])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      const answer = decodeAnswer(new Uint8Array(received.subarray(2, 2 + received.readUInt16BE(0))), question)
      if (answer) resolve(answer)
      else reject(new SourceError('its answer cannot be read'))
      socket.destroy()
    })
    const length = Buffer.from([question.length >> 8, question.length & 0xff])
    socket.write(Buffer.concat([length, question]))
  })

/** `10.0.0.2`, `10.0.0.2:5353`, `fd00::2`, `[fd00::2]:5353` */
function toServer(text: string): Server {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  return { host: bracketed ?? plain ?? text, port: Number(port ?? 53) }
}
