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
const IPV6 = /^[\da-f:.]+$/i

function ipv6Groups(address: string): number[] | null {
  const [withoutZone = ''] = address.split('%')
  // `URL` knows every way to write one, in every runtime.
  const name = IPV6.test(withoutZone) && URL.parse(`http://[${withoutZone}]/`)?.hostname
  if (!name) return null
  const [head = [], tail = []] = name
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16))
}

const ipv4Of = (groups: number[]) => groups.flatMap((group) => [group >> 8, group & 0xff]).join('.')
