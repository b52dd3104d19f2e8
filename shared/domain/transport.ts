import { z } from 'zod'
import type { HttpRoute, Route, Target, TargetRequest } from './route-record.ts'
import { bracketed, isAddress } from './target-host.ts'

export const Through = z.enum(['direct', 'agent'], 'must be direct or agent')

/** How HAProxy speaks with the servers of a route, and whom it takes for them. */
export const TransportOptions = {
  protocol: z.enum(['http1', 'h2', 'h2c', 'auto'], 'must be http1, h2, h2c or auto').meta({
    description:
      'What the servers speak. auto, the default: HTTP/1.1, and over TLS what the server chooses. h2: HTTP/2 over TLS. h2c: HTTP/2 without TLS',
  }),
  tlsVerify: z.enum(['none', 'system', 'front'], 'must be none, system or front').meta({
    description:
      'system: their certificates must be good for their names, by the CAs that everybody trusts; the default for names. front: they must show the certificate that the agent has from the front. none: anybody may answer; the default for addresses',
  }),
  through: Through.meta({
    description:
      'agent: the servers are the agent’s own ingress, asked by mutual TLS: it must show the agent’s certificate, and is shown the front’s',
  }),
}

export interface TransportInput {
  useTls?: boolean | undefined
  protocol?: 'http1' | 'h2' | 'h2c' | 'auto' | undefined
  tlsVerify?: HttpRoute['tlsVerify'] | undefined
  through?: 'direct' | 'agent' | undefined
}

/** TLS to the servers, or none, whatever the scheme of their URLs; `undefined`: as that says. */
export const tlsByOptions = ({ useTls, through }: TransportInput): boolean | undefined =>
  through === 'agent' ? true : useTls

type Transport = Pick<HttpRoute, 'tlsVerify' | 'protocol' | 'agentName'>

/** `agentName`: what the agent's certificate is good for. */
export function transportOf(options: TransportInput, targets: TargetRequest[], agentName: string): Transport {
  const { protocol = 'auto' } = options
  const tlsVerify = verifyOf(options, targets)
  return { tlsVerify, ...(protocol !== 'auto' && { protocol }), ...(tlsVerify === 'front' && { agentName }) }
}

/** An address has no name that a certificate could be good for. */
function verifyOf({ tlsVerify, through }: TransportInput, targets: TargetRequest[]): HttpRoute['tlsVerify'] {
  const overTls = targets.filter(({ tls }) => tls)
  if (overTls.length === 0) return 'none'
  if (through === 'agent') return 'front'
  return tlsVerify ?? (overTls.some(({ host }) => isAddress(host)) ? 'none' : 'system')
}

/** What the options say against each other, or against the servers. */
export function transportContradiction(options: TransportInput, targets: TargetRequest[]): string | null {
  return (
    throughContradiction(options) ?? protocolContradiction(options, targets) ?? verifyContradiction(options, targets)
  )
}

function throughContradiction({ through, useTls, tlsVerify }: TransportInput): string | null {
  if (through !== 'agent') return null
  if (useTls === false) return 'through "agent" is mutual TLS, and useTls is false: leave useTls out'
  return tlsVerify !== undefined && tlsVerify !== 'front'
    ? `through "agent" verifies the agent by the front’s CA, and tlsVerify is "${tlsVerify}": leave tlsVerify out`
    : null
}

function protocolContradiction({ protocol }: TransportInput, targets: TargetRequest[]): string | null {
  const [overTls, plain] = [targets.find(({ tls }) => tls), targets.find(({ tls }) => !tls)]
  if (protocol === 'h2c' && overTls)
    return `protocol "h2c" is HTTP/2 without TLS, and ${shown(overTls)} is asked by TLS: say "h2", or useTls false`
  if (protocol === 'h2' && plain)
    return `protocol "h2" is HTTP/2 over TLS, and ${shown(plain)} is asked without: say "h2c", or useTls true`
  return null
}

function verifyContradiction({ tlsVerify, through }: TransportInput, targets: TargetRequest[]): string | null {
  if (tlsVerify === undefined || tlsVerify === 'none' || through === 'agent') return null
  const plain = targets.find(({ tls }) => !tls)
  if (plain)
    return `tlsVerify "${tlsVerify}" needs TLS, and ${shown(plain)} is asked without: say https://, or useTls true`
  const address = targets.find(({ host }) => isAddress(host))
  return tlsVerify === 'system' && address
    ? `tlsVerify "system" needs a name to verify, and ${address.host} is an address`
    : null
}

interface DatabaseInput {
  targetPort?: number | undefined
  options?: Pick<TransportInput, 'through'> & { servers?: { host: string; port?: number | undefined }[] | undefined }
}

/** The port that databases listen on is never that of the ingress. */
export function ingressContradiction({ targetPort, options = {} }: DatabaseInput): string | null {
  if (options.through !== 'agent') return null
  if (targetPort === undefined) return 'through "agent" needs the port of the agent’s ingress: give targetPort'
  const portless = options.servers?.find(({ port }) => port === undefined)
  return portless ? `through "agent" needs the port of each ingress: give that of ${portless.host}` : null
}

const shown = ({ host, port }: TargetRequest): string => `${bracketed(host)}:${port}`

/** What an HTTP route's connections to its servers are like: another such is another backend. */
export const transportStructure = (route: Route) =>
  route.type === 'http' ? [route.tlsVerify, route.protocol, route.agentName] : []

/** The one name that a target is asked for, and must be good for where it is verified; `null`: it has none. */
export function tlsNameOf(route: Route, { host, address }: Target): string | null {
  // By this name the agent's ingress knows which of its databases is meant, and its certificate has it.
  if (route.type === 'mongodb') return route.host
  return route.agentName ?? (host === address || isAddress(host) ? null : host)
}
