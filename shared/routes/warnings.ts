import type { Route, Target } from '../domain/route-record.ts'
import { bracketed } from '../domain/target-host.ts'
import { addressKind, unwrapped } from '../targets/address-kind.ts'

/** What the caller should know and may well have meant. */
export const warningsOf = (route: Route): string[] => [
  ...certificateWarnings(route),
  ...plainWarnings(route),
  ...passwordWarnings(route),
]

function certificateWarnings(route: Route): string[] {
  if (route.type !== 'http' || route.tlsVerify !== 'none' || route.options.tlsVerify === 'none') return []
  const overTls = route.targets.filter(({ tls }) => tls)
  if (overTls.length === 0) return []
  return [`The certificate of ${shown(overTls)} is not verified, because there is an address instead of a name`]
}

/** A database that is passed through has TLS of its own. */
function plainWarnings(route: Route): string[] {
  if ((route.type === 'mongodb' && route.useTls) || route.options.through === 'direct') return []
  const inTheOpen = route.targets.filter(({ tls, address }) => !tls && addressKind(unwrapped(address)) === 'public')
  if (inTheOpen.length === 0) return []
  return [
    `What goes to ${shown(inTheOpen)} can be read and changed on its way, for it is plain and the address is public: set through to "agent", or to "direct" if it is meant`,
  ]
}

function passwordWarnings(route: Route): string[] {
  if (route.type !== 'http' || !route.basicAuth || route.redirectToHttps) return []
  return ['Passwords that come by plain HTTP can be read on their way: set redirectToHttps']
}

const shown = (targets: Target[]): string => targets.map(({ host, port }) => `${bracketed(host)}:${port}`).join(', ')
