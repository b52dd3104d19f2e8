import type { BackendInput } from '../../domain/backend.ts'
import type { BackendServer } from '../../domain/backend-server.ts'
import type { Service } from './message.ts'
import type { WatchedName } from './watched-name.ts'

type ServerInput = BackendInput['servers'][number]

/** A service's target with what it stands for. */
export interface ResolvedService extends Service {
  addresses: string[]
}

/** HAProxy's own most; where SRV records know 65,535. */
const MOST_WEIGHT = 256

/** The services of the lowest priority are the servers, the others step in for them. */
export function serversOf(services: ResolvedService[]): ServerInput[] {
  const first = Math.min(...services.map(({ priority }) => priority))
  const heaviest = Math.max(...services.map(({ weight }) => weight))
  return services.flatMap(({ priority, weight, port, addresses }) =>
    addresses.map((address) => ({
      ...serverAt(address, port),
      // Where no weight is given they are equal; beside others, no weight is nearly none.
      ...(heaviest > 0 && { weight: Math.max(1, scaled(weight, heaviest)) }),
      ...(priority > first && { backup: true }),
    })),
  )
}

const scaled = (weight: number, heaviest: number) =>
  heaviest <= MOST_WEIGHT ? weight : Math.round((weight * MOST_WEIGHT) / heaviest)

export const serverAt = (address: string, port: number): Pick<BackendServer, 'name' | 'address' | 'port'> => ({
  name: `${address.includes(':') ? `v6-${address.replaceAll(':', '-')}` : address}-${port}`,
  address,
  port,
})

/** In the order of their names, since answers come in any; each of them once. */
export function toBackend(watched: WatchedName, servers: ServerInput[]): BackendInput {
  const { name, hosts, pathPrefixes, balance, redirectToHttps, hsts, default: isDefault, server } = watched
  const byName = new Map(servers.map((each) => [each.name, { ...each, ...server }]))
  return {
    name,
    hosts,
    pathPrefixes: pathPrefixes.map((prefix) => prefix ?? '/'),
    balance,
    redirectToHttps,
    hsts,
    default: isDefault,
    servers: [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
