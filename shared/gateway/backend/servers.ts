import type { Server } from '../../dataplane/models.ts'
import type { Route } from '../../domain/route-record.ts'
import { checking } from './checks.ts'
import { serverCookie } from './sticky.ts'
import { transportTo } from './transport.ts'

export function serversOf(route: Route): Record<string, Server> {
  const all = route.targets.map((target, index) => {
    const server: Server = {
      name: `s${index + 1}`,
      address: target.address,
      port: target.port,
      weight: target.weight,
      ...(target.backup && { backup: 'enabled' as const }),
      ...checking(route),
      ...(route.type === 'http' && serverCookie(route, target)),
      ...(endsConnections(route) && { 'on-marked-down': 'shutdown-sessions' as const }),
      ...transportTo(target, route),
    }
    return [server.name, server] as const
  })
  return Object.fromEntries(all)
}

/**
 * A server that is taken away, or that no longer answers, keeps no connection of a client waiting: but a request that is
 * on its way to another server of the route must not be cut off.
 */
const endsConnections = ({ type, targets }: Route): boolean => type === 'mongodb' || targets.length === 1
