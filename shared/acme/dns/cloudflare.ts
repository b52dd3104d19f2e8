import { z } from 'zod'
import { AcmeProblem } from '../problem.ts'
import type { DnsProvider } from './provider.ts'

export interface CloudflareOptions {
  /** With the right to edit the zone's DNS. */
  token: string
  fetch: (request: Request) => Promise<Response>
  baseUrl?: string
}

const LIMIT_MS = 20_000
const TTL_SECONDS = 60
const ALREADY_THERE = 81_058
const Answer = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
})
const Found = z.array(z.object({ id: z.string().regex(/^[0-9a-f]{1,64}$/), content: z.string().optional() }))

export function cloudflareDns({
  token,
  fetch,
  baseUrl = 'https://api.cloudflare.com/client/v4',
}: CloudflareOptions): DnsProvider {
  const call = async (method: string, path: string, signal: AbortSignal, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const ends = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const init = { method, headers, signal: ends, ...(body && { body: JSON.stringify(body) }) }
    const answer = Answer.safeParse(await (await fetch(new Request(baseUrl + path, init))).json())
    if (!answer.success) throw failure('its answer cannot be read')
    const [error] = answer.data.errors
    if (!answer.data.success && error?.code !== ALREADY_THERE) throw failure(error?.message ?? 'it gave no reason')
    return answer.data.result
  }

  /** The zone with the longest name that is the end of this one. */
  const zoneOf = async (name: string, signal: AbortSignal): Promise<string> => {
    const labels = name.split('.')
    for (let from = 1; from < labels.length - 1; from++) {
      const zone = labels.slice(from).join('.')
      const [found] = Found.parse(await call('GET', `/zones?name=${encodeURIComponent(zone)}`, signal))
      if (found) return found.id
    }
    throw failure(`the token sees no zone for ${name}`)
  }

  return {
    async set(name, value, signal) {
      const record = { type: 'TXT', name, content: quoted(value), ttl: TTL_SECONDS }
      await call('POST', `/zones/${await zoneOf(name, signal)}/dns_records`, signal, record)
    },
    async remove(name, value, signal) {
      const records = `/zones/${await zoneOf(name, signal)}/dns_records`
      const found = Found.parse(await call('GET', `${records}?type=TXT&name=${encodeURIComponent(name)}`, signal))
      for (const { id, content } of found) {
        if (content === value || content === quoted(value)) await call('DELETE', `${records}/${id}`, signal)
      }
    },
  }
}

const quoted = (value: string) => `"${value}"`

const failure = (why: string) => new AcmeProblem('dnsProvider', `Cloudflare did not take the DNS record: ${why}`)
