import { Resolver } from 'node:dns/promises'
import { AppError } from '../errors.ts'
import { type NameAnswer, type Resolve, unresolved } from './resolve.ts'
import type { Texts } from './texts.ts'

export interface NodeResolverOptions {
  /** `address` or `address:port`; the system's own if not given. */
  server?: string | undefined
  /** For each try of two. Default 1,500. */
  timeoutMs?: number
}

/** That there is no such name, or none with such an address. */
const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA', 'EBADNAME']

/** Asks a DNS server, not the hosts file: names are what the network says they are. */
export function nodeResolver(options: NodeResolverOptions = {}): Resolve {
  const resolver = resolverOf(options)
  return async (name) => {
    const [four, six] = await Promise.allSettled([
      resolver.resolve4(name, { ttl: true }),
      resolver.resolve6(name, { ttl: true }),
    ])
    const records = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    // Half an answer would let the other half through unseen.
    const failure = [four, six].find((answer) => answer.status === 'rejected' && !isNoSuchName(answer.reason))
    if (failure?.status === 'rejected') throw unresolved(name, failure.reason)
    return toAnswer(name, records)
  }
}

export function nodeTexts(options: NodeResolverOptions = {}): Texts {
  const resolver = resolverOf(options)
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((strings) => strings.join(''))
    } catch (error) {
      if (isNoSuchName(error)) return []
      throw unresolved(name, error)
    }
  }
}

function resolverOf({ server, timeoutMs = 1_500 }: NodeResolverOptions): Resolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  if (server !== undefined) resolver.setServers([server])
  return resolver
}

function toAnswer(name: string, records: { address: string; ttl: number }[]): NameAnswer {
  if (records.length === 0) throw new AppError('TARGET_REFUSED', `The name ${name} has no address`)
  return {
    addresses: [...new Set(records.map(({ address }) => address))],
    ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)),
  }
}

const isNoSuchName = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NO_SUCH_NAME.includes(String(error.code))
