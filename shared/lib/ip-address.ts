const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const IPV6 = /^[\da-f:.]+$/i

/** The four numbers of an IPv4 address, or `null`. */
export function ipv4Octets(address: string): number[] | null {
  const octets = IPV4.exec(address)?.slice(1).map(Number)
  return octets?.every((octet) => octet <= 255) ? octets : null
}

/** The eight groups of an IPv6 address, without its zone, or `null`. */
export function ipv6Groups(address: string): number[] | null {
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

/** The address that two groups of an IPv6 address carry. */
export const ipv4Of = (groups: number[]): string => groups.flatMap((group) => [group >> 8, group & 0xff]).join('.')

/** Whether the first bits are those of the block: octets or groups of an address, `width` bits each. */
export function isWithin(parts: number[], block: number[], bits: number, width: 8 | 16): boolean {
  return parts.every((part, i) => {
    const counted = Math.min(Math.max(bits - i * width, 0), width)
    const shift = width - counted
    return part >> shift === (block[i] ?? 0) >> shift
  })
}
