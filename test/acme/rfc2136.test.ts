import { describe, expect, it } from 'vitest'
import { rfc2136Dns } from '../../shared/acme/dns/node-rfc2136.ts'
import { nodeSeesText } from '../../shared/acme/dns/node-text.ts'
import { fromBase64 } from '../../shared/pki/index.ts'
import { namedIsHere, startNamed } from '../support/named.ts'

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

    it('fail in words where nobody answers', async () => {
      await expect(dnsAt(1).set(NAME, 'x', SIGNAL)).rejects.toThrow('127.0.0.1:1 cannot be reached')
    })
  },
)
