import { Resolver } from 'node:dns/promises'
import type { Cname } from './alias.ts'
import type { SeesText } from './provider.ts'

export interface NodeTextOptions {
  /** Whom to ask which name servers a zone has: `address` or `address:port`; the system's own if not given. */
  resolver?: string | undefined
  /** Whom to ask for the record instead of the zone's own name servers. */
  servers?: readonly string[] | undefined
}

const OPTIONS = { timeout: 2_000, tries: 2 }

/**
 * What the zone's own name servers say, for resolvers may remember that there was nothing. All that answer must have the
 * record, because nobody knows which of them the ACME server asks.
 */
export function nodeSeesText({ resolver: server, servers }: NodeTextOptions): SeesText {
  const resolver = new Resolver(OPTIONS)
  if (server !== undefined) resolver.setServers([server])

  const addressesOf = async (host: string): Promise<string[]> => {
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
  }

  /** Of the longest ending of the name that is a zone. */
  const nameServers = async (name: string): Promise<string[]> => {
    for (let zone = name; zone.includes('.'); zone = zone.slice(zone.indexOf('.') + 1)) {
      const hosts = await resolver.resolveNs(zone).catch(() => [])
      if (hosts.length > 0) return (await Promise.all(hosts.map(addressesOf))).flat()
    }
    return []
  }

  return async (name, value) => {
    const asked = await Promise.all((servers ?? (await nameServers(name))).map((each) => textsAt(each, name)))
    const answered = asked.filter((texts) => texts !== null)
    return answered.length > 0 && answered.every((texts) => texts.includes(value))
  }
}

export function nodeCname({ resolver: server, servers }: NodeTextOptions): Cname {
  const resolver = new Resolver(OPTIONS)
  if (servers ?? server) resolver.setServers([...(servers ?? []), ...(server === undefined ? [] : [server])])
  return (name) =>
    resolver.resolveCname(name).then(
      ([first]) => first ?? null,
      () => null,
    )
}

/** `null`: this one does not answer, as those with an address of the other kind do where there is no way to it. */
async function textsAt(server: string, name: string): Promise<string[] | null> {
  const resolver = new Resolver(OPTIONS)
  resolver.setServers([server])
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : null
  }
}
