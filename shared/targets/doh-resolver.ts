import { z } from 'zod'
import { AppError } from '../errors.ts'
import { type NameAnswer, type Resolve, unresolved } from './resolve.ts'
import { type Texts, textOf } from './texts.ts'

export interface DohResolverOptions {
  /** Of a resolver that answers in JSON (application/dns-json), as those of Cloudflare and Google do. */
  url: string
  fetch?: (request: Request) => Promise<Response>
  /** For each try of two. Default 1,500. */
  timeoutMs?: number
}

const TYPES = { A: 1, AAAA: 28, TXT: 16 } as const
const NO_ERROR = 0
const NO_SUCH_NAME = 3
const TRIES = 2

const Address = z.union([z.ipv4(), z.ipv6()])
const DnsAnswer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), TTL: z.number().nonnegative(), data: z.string() })).default([]),
})
type DnsRecord = z.infer<typeof DnsAnswer>['Answer'][number]

/** Asks over HTTPS: for a platform that can do nothing but fetch. */
export function dohResolver(options: DohResolverOptions): Resolve {
  const ask = askerOf(options)
  return async (name) => toAnswer(name, (await Promise.all([ask(name, 'A'), ask(name, 'AAAA')])).flat())
}

export function dohTexts(options: DohResolverOptions): Texts {
  const ask = askerOf(options)
  return async (name) => (await ask(name, 'TXT')).map(({ data }) => textOf(data))
}

function askerOf({ url, fetch = (request) => globalThis.fetch(request), timeoutMs = 1_500 }: DohResolverOptions) {
  const askOnce = async (name: string, type: keyof typeof TYPES): Promise<DnsRecord[]> => {
    const at = new URL(url)
    at.searchParams.set('name', name)
    at.searchParams.set('type', type)
    const headers = { accept: 'application/dns-json' }
    const response = await fetch(
      new Request(at, { headers, signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' }),
    )
    if (!response.ok) throw new Error(`the resolver answered ${response.status}`)
    const { Status, Answer } = DnsAnswer.parse(await response.json())
    if (Status === NO_SUCH_NAME) return []
    if (Status !== NO_ERROR) throw new Error(`the resolver answered with DNS status ${Status}`)
    // Those of another type are the names on the way.
    return Answer.filter((record) => record.type === TYPES[type])
  }

  return async (name: string, type: keyof typeof TYPES): Promise<DnsRecord[]> => {
    for (let tries = 1; ; tries++) {
      try {
        return await askOnce(name, type)
      } catch (cause) {
        // Half an answer would let the other half through unseen.
        if (tries === TRIES) throw unresolved(name, cause)
      }
    }
  }
}

function toAnswer(name: string, records: DnsRecord[]): NameAnswer {
  if (records.length === 0) throw new AppError('TARGET_REFUSED', `The name ${name} has no address`)
  const addresses = [...new Set(records.map(({ data }) => data))]
  if (!addresses.every((address) => Address.safeParse(address).success))
    throw unresolved(name, new Error('the resolver gave what is no address'))
  return { addresses, ttlSeconds: Math.min(...records.map(({ TTL }) => TTL)) }
}
