import { once } from 'node:events'
import { connect } from 'node:net'
import { AcmeProblem } from '../problem.ts'
import { type TxtChange, updateMessage } from './dns-message.ts'
import type { DnsProvider } from './provider.ts'
import { isAnswerTo, signedMessage, type TsigKey } from './tsig.ts'

export interface Rfc2136Options {
  host: string
  port: number
  key: TsigKey
  now: () => number
}

const LIMIT_MS = 10_000
const NO_ERROR = 0
const NOT_AUTHORITATIVE = 9
const NOT_SIGNED = -1
const REASONS: Record<number, string> = {
  [NOT_SIGNED]: 'its answer is not signed with the key, so it may be anybody’s',
  1: 'it does not understand the update',
  2: 'it failed',
  4: 'it takes no updates',
  5: 'it refuses the update: see what the key may change',
  9: 'it is not authoritative for the zone, or does not know the key',
  16: 'the signature is not good: see the key and the clock',
}

/** Updates of a zone by the protocol that name servers have for it, signed with a key that they share (TSIG), by TCP. */
export function rfc2136Dns({ host, port, key, now }: Rfc2136Options): DnsProvider {
  const send = async (change: TxtChange, signal: AbortSignal): Promise<number> => {
    const id = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0
    const request = await signedMessage(updateMessage(id, change), key, now())
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const answer = await exchange(request.message, { host, port }, limit).catch((cause) => {
      throw new AcmeProblem('dnsProvider', `The name server ${host}:${port} cannot be reached`, { cause })
    })
    const refusal = (answer[3] ?? 0) & 0xf
    // Whoever does not know the key, or has another clock, cannot sign its refusal.
    if (refusal !== NO_ERROR || (await isAnswerTo(request, answer, key, now()))) return refusal
    return NOT_SIGNED
  }

  /** Whose zone a name is in only its server knows: the longest ending that it takes. */
  const update = async (name: string, value: string, change: TxtChange['change'], signal: AbortSignal) => {
    let refusal = NOT_AUTHORITATIVE
    for (let zone = name; zone.includes('.') && refusal === NOT_AUTHORITATIVE; ) {
      zone = zone.slice(zone.indexOf('.') + 1)
      refusal = await send({ zone, name, value, change }, signal)
      if (refusal === NO_ERROR) return
    }
    const reason = REASONS[refusal] ?? `it answered ${refusal}`
    throw new AcmeProblem('dnsProvider', `The name server ${host}:${port} did not take the record: ${reason}`)
  }

  return {
    set: (name, value, signal) => update(name, value, 'add', signal),
    remove: (name, value, signal) => update(name, value, 'remove', signal),
  }
}

/** RFC 1035 4.2.2: two octets of length before each message. */
async function exchange(
  message: Uint8Array,
  place: { host: string; port: number },
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const socket = connect(place)
  try {
    await once(socket, 'connect', { signal })
    socket.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]))
    let read = Buffer.alloc(0)
    while (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) {
      const [chunk] = (await once(socket, 'data', { signal })) as [Buffer]
      read = Buffer.concat([read, chunk])
    }
    return new Uint8Array(read.subarray(2, 2 + read.readUInt16BE(0)))
  } finally {
    socket.destroy()
  }
}
