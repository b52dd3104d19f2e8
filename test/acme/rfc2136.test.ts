import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { rfc2136Dns } from '../../shared/acme/dns/node-rfc2136.ts'
import { nodeSeesText } from '../../shared/acme/dns/node-text.ts'
import { fromBase64 } from '../../shared/pki/index.ts'
import { namedIsHere, startNamed } from '../support/named.ts'
import { listen } from '../support/targets.ts'

const KEY = { name: 'front', secret: Buffer.alloc(32, 7).toString('base64') }
const NAME = '_acme-challenge.apps.front.test'
const SIGNAL = new AbortController().signal

const dnsAt = (port: number, secret = KEY.secret, now = Date.now) =>
  rfc2136Dns({
    ...{ host: '127.0.0.1', port, now },
    key: {
      name: KEY.name,
      algorithm: { name: 'hmac-sha256', hash: 'SHA-256' },
      secret: fromBase64(secret) ?? new Uint8Array(),
    },
  })

/** Passes one message each way, and may change the answer. */
function startRelay(to: number, change: (answer: Buffer) => void): Promise<number> {
  return listen(
    createServer((client) => {
      const server = connect(to, '127.0.0.1')
      for (const socket of [client, server]) socket.on('error', () => undefined)
      client.on('data', (query) => server.write(query))
      server.on('data', (answer) => {
        change(answer.subarray(2))
        client.write(answer)
      })
      client.on('close', () => server.destroy())
    }),
  )
}

it('does not believe who only says that it is done', async () => {
  const port = await listen(
    createServer((client) => {
      client.on('error', () => undefined)
      client.on('data', (query) => {
        const answer = Buffer.concat([query.subarray(0, 4), Buffer.from([0xa8, 0]), Buffer.alloc(8)])
        answer.writeUInt16BE(12, 0)
        client.write(answer)
      })
    }),
  )
  await expect(dnsAt(port).set(NAME, 'x', SIGNAL)).rejects.toThrow('its answer is not signed with the key')
})

describe.runIf(namedIsHere)(
  namedIsHere ? 'updates of a zone in BIND' : 'updates of a zone in BIND (left out: there is none on this machine)',
  () => {
    it('add and remove one value among others, in the zone that is the server’s', async () => {
      const named = await startNamed('front.test', KEY)
      const dns = dnsAt(named.port)
      const sees = nodeSeesText({ servers: [named.address] })
      expect(await sees(NAME, 'one')).toBe(false)
      await dns.set(NAME, 'one', SIGNAL)
      await dns.set(NAME, 'other', SIGNAL)
      await dns.set(NAME, 'other', SIGNAL)
      expect((await named.texts(NAME)).sort()).toEqual(['one', 'other'])
      expect(await sees(NAME, 'one')).toBe(true)
      await dns.remove(NAME, 'one', SIGNAL)
      await dns.remove(NAME, 'one', SIGNAL)
      expect(await named.texts(NAME)).toEqual(['other'])
      expect(await sees(NAME, 'one')).toBe(false)
    })

    it('are refused with a reason for a wrong key, a wrong clock, and a zone of others', async () => {
      const named = await startNamed('front.test', KEY)
      const wrong = Buffer.alloc(32, 8).toString('base64')
      const refusal = /did not take the record: it is not authoritative for the zone, or does not know the key/
      await expect(dnsAt(named.port, wrong).set(NAME, 'x', SIGNAL)).rejects.toThrow(refusal)
      await expect(dnsAt(named.port, KEY.secret, () => 0).set(NAME, 'x', SIGNAL)).rejects.toThrow(refusal)
      await expect(dnsAt(named.port).set('_acme-challenge.example.com', 'x', SIGNAL)).rejects.toThrow(refusal)
      expect(await named.texts(NAME)).toEqual([])
    })

    it('are believed only where the answer is signed with the key, as it came', async () => {
      const named = await startNamed('front.test', KEY)
      for (const [what, spoil] of [
        ['nothing', null],
        ['the number of a record', (answer: Buffer) => answer.writeUInt8(answer.readUInt8(7) ^ 1, 7)],
        [
          'the signature',
          (answer: Buffer) => answer.writeUInt8(answer.readUInt8(answer.length - 10) ^ 1, answer.length - 10),
        ],
      ] as const) {
        const port = await startRelay(named.port, (answer) => void spoil?.(answer))
        const done = dnsAt(port).set(NAME, what, SIGNAL)
        if (spoil) await expect(done, what).rejects.toThrow('its answer is not signed with the key')
        else await done
      }
    })

    it('fail in words where nobody answers', async () => {
      await expect(dnsAt(1).set(NAME, 'x', SIGNAL)).rejects.toThrow('127.0.0.1:1 cannot be reached')
    })
  },
)
