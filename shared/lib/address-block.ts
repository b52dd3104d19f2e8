import { ipv4Of, ipv6Groups } from './ip-address.ts'

/** What one client can choose freely among: an IPv4 address, or a /64 of IPv6. Anything else is one block together. */
export function addressBlock(address: string): string {
  if (IPV4.test(address)) return address
  const groups = ipv6Groups(address)
  if (!groups) return UNKNOWN
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return ipv4Of(groups.slice(6))
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

const UNKNOWN = 'unknown'
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/
