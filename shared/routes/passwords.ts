import { type HostNames, httpHost } from '../domain/make-route.ts'
import type { BasicAuthRecord } from '../domain/options/http-rules.ts'
import type { HttpRouteInput, RouteInput } from '../domain/route-input.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import { toHex } from '../lib/hex.ts'
import { fromBase64, utf8 } from '../pki/bytes.ts'

/** Of each input that asks for passwords, what is kept of them. */
export type Digests = ReadonlyMap<RouteInput, BasicAuthRecord>

const AT_ONCE = 64

/**
 * What HAProxy makes of a name and a password, under a key that neither the routes nor HAProxy's configuration have: a
 * stolen one of them helps nobody to guess. The host keeps one route's digest from telling that another one has the same.
 */
export async function digestsOf(inputs: RouteInput[], names: HostNames, key: () => Promise<string>): Promise<Digests> {
  const asking = inputs.filter(asksForPasswords)
  if (asking.length === 0) return new Map()
  const hash = await hmacUnder(await key())
  const records = await allOfThem(asking, AT_ONCE, async ({ subdomain, options: { basicAuth } }) => {
    const host = httpHost(subdomain, names)
    const users = basicAuth.users.map(async ({ user, password }) => {
      return { user, digest: await hash(`${btoa(`${user}:${password}`)}|${host}`) }
    })
    return { realm: basicAuth.realm, users: await Promise.all(users) }
  })
  return new Map(asking.map((input, i) => [input, records[i] as BasicAuthRecord]))
}

type AskingInput = HttpRouteInput & {
  options: { basicAuth: NonNullable<HttpRouteInput['options']>['basicAuth'] & object }
}

const asksForPasswords = (input: RouteInput): input is AskingInput =>
  input.type === 'http' && input.options?.basicAuth !== undefined

/** In hexadecimal, upper case, as HAProxy writes it. */
async function hmacUnder(keyInBase64: string): Promise<(text: string) => Promise<string>> {
  const bytes = fromBase64(keyInBase64)
  if (bytes === null) throw new RangeError('a key in base64')
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return async (text) => toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(text)))).toUpperCase()
}
