import { FRONT_COMMON_NAME } from '../domain/front-name.ts'
import type { Usage } from './extensions.ts'
import { type AgentNaming, agentNames, isLabel } from './names.ts'

/** What a certificate says about its holder. */
export interface Profile {
  commonName: string
  dnsNames: string[]
  ips: string[]
  usages: Usage[]
}

export interface AgentProfileOptions extends AgentNaming {
  /** Only an address that was proved to be the agent's. */
  verifiedIp?: string
}

export function agentProfile({ verifiedIp, ...naming }: AgentProfileOptions): Profile {
  const { agentId } = naming
  if (!isLabel(agentId) || agentId === FRONT_COMMON_NAME) {
    throw new RangeError(`not an agent's id: ${JSON.stringify(agentId)}`)
  }
  const ips = verifiedIp === undefined ? [] : [verifiedIp]
  return { commonName: agentId, dnsNames: agentNames(naming), ips, usages: ['server', 'client'] }
}

/**
 * With it the front presents itself to the agents' own ingress. Some verifiers want a name beside the common one: none that
 * is asked for, because the file lies among those that HAProxy serves.
 */
export function frontProfile(apiHost: string): Profile {
  return { commonName: FRONT_COMMON_NAME, dnsNames: [`client.${apiHost}`], ips: [], usages: ['client'] }
}

/** What HAProxy serves until there is something better. */
export function edgeProfile(dnsNames: string[]): Profile {
  return { commonName: 'CloudLunacy Front edge', dnsNames, ips: [], usages: ['server'] }
}
