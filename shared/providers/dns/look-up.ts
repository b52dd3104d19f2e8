import type { BackendInput } from '../../domain/backend.ts'
import { allOfThem } from '../../lib/all-of-them.ts'
import type { AskDns } from './ask-dns.ts'
import { type ResolvedService, serverAt, serversOf, toBackend } from './servers.ts'
import type { WatchedName } from './watched-name.ts'

export interface LookUp {
  backend: BackendInput
  ttlSeconds: number
  /** The names without any record: what is there may be only a part of it. */
  missing: string[]
}

const AT_ONCE = 16

/** Asks for all that one backend is made of. Rejects when nobody can say. */
export async function lookUp(watched: WatchedName, askDns: AskDns, signal: AbortSignal): Promise<LookUp> {
  let ttlSeconds = Number.POSITIVE_INFINITY
  const missing: string[] = []
  const ask: AskDns = async (name, type) => {
    const found = await askDns(name, type, signal)
    ttlSeconds = Math.min(ttlSeconds, found?.ttlSeconds ?? ttlSeconds)
    return found
  }
  const addressesOf = async (name: string): Promise<string[]> => {
    const [four, six] = await Promise.all([ask(name, 'A', signal), ask(name, 'AAAA', signal)])
    if (!four && !six) missing.push(name)
    return [...(four?.addresses ?? []), ...(six?.addresses ?? [])]
  }
  const resolved = async (name: string): Promise<ResolvedService[]> => {
    const found = await ask(name, 'SRV', signal)
    if (!found) missing.push(name)
    // RFC 2782: a single dot as the target says that there is no such service.
    const services = (found?.services ?? []).filter(({ target }) => target !== '')
    const targets = [...new Set(services.map(({ target }) => target))]
    const addresses = new Map(
      await allOfThem(targets, AT_ONCE, async (target) => [target, await addressesOf(target)] as const),
    )
    return services.map((service) => ({ ...service, addresses: addresses.get(service.target) ?? [] }))
  }

  const servers =
    'srv' in watched
      ? serversOf(await resolved(watched.srv))
      : (await addressesOf(watched.addresses)).map((address) => serverAt(address, watched.port))
  return { backend: toBackend(watched, servers), ttlSeconds, missing }
}
