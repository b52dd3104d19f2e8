import type { Server } from '../../dataplane/models.ts'
import { hasMovingTargets } from '../../domain/moving-targets.ts'
import type { Route, Target } from '../../domain/route-record.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { checking } from './checks.ts'
import { serverCookie } from './sticky.ts'
import { transportTo } from './transport.ts'

export function serversOf(route: Route): Record<string, Server> {
  const all = route.targets.map((target, index) => {
    const parameters: Parameters = {
      address: target.address,
      port: target.port,
      ...(target.backup && { backup: 'enabled' as const }),
      ...checking(route, target),
      ...(route.type === 'http' && serverCookie(route, target)),
      ...(endsConnections(route) && { 'on-marked-down': 'shutdown-sessions' as const }),
      ...transportTo(target, route),
    }
    const name = target.name === undefined ? `s${index + 1}` : movingName(target.name, parameters)
    return [name, { name, ...parameters, ...loadOf(target) }] as const
  })
  return Object.fromEntries(all)
}

const SEPARATOR = ':'

/** What is the same for as long as a server of this name is there. */
type Parameters = Omit<Server, 'name' | 'weight' | 'maintenance'>

/**
 * With another address or other parameters it is another server: so the one of before ends what it has, no connection
 * that is kept open leads to where it was, and what stands can be told from its name alone.
 */
const movingName = (name: string, parameters: Parameters): string =>
  `${name}${SEPARATOR}${shortHash(JSON.stringify(parameters))}`

export const isMovingServer = (name: string): boolean => name.includes(SEPARATOR)

/** HAProxy's file knows no drained server: one of weight 0 gets as little. */
const loadOf = ({ weight, state }: Target): Pick<Server, 'weight' | 'maintenance'> => ({
  weight: state === 'drain' ? 0 : weight,
  ...(state === 'maint' && { maintenance: 'enabled' }),
})

/**
 * A server that is taken away, or that no longer answers, keeps no connection of a client waiting: but a request that is
 * on its way to another server of the route must not be cut off.
 */
const endsConnections = (route: Route): boolean =>
  route.type === 'mongodb' || (route.targets.length === 1 && !hasMovingTargets(route))
