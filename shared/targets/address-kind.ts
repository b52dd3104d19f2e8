import { ipv4Octets, ipv4Of, ipv6Groups, isWithin } from '../lib/ip-address.ts'

/** How far an address reaches; `never`: nothing that a route may ever go to. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'never'

type Block = [block: string, kind: AddressKind]

/** The first that fits decides. What none names is public, documentation's networks too: nobody answers there. */
const IPV4_BLOCKS = toBlocks(ipv4Octets, [
  ['0.0.0.0/8', 'never'],
  ['127.0.0.0/8', 'loopback'],
  // Where clouds answer with credentials: link-local, and three that are not.
  ['169.254.0.0/16', 'never'],
  ['100.100.100.200/32', 'never'],
  ['168.63.129.16/32', 'never'],
  ['192.0.0.0/24', 'never'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'private'],
  ['192.88.99.0/24', 'never'],
  // Multicast, reserved, broadcast.
  ['224.0.0.0/3', 'never'],
])

const IPV6_BLOCKS = toBlocks(ipv6Groups, [
  ['::1/128', 'loopback'],
  ['fd00:ec2::254/128', 'never'],
  ['fc00::/7', 'private'],
  // Others carry an IPv4 address (Teredo, 6to4) or end here.
  ['2001::/32', 'never'],
  ['2002::/16', 'never'],
  ['2000::/3', 'public'],
])

/** Mapped, and the well-known NAT64: the IPv4 address inside is where the connection goes. */
const CARRYING_IPV4 = ['::ffff:0:0', '64:ff9b::'].map((block) => ipv6Groups(block) ?? [])

/** The address that is meant: the IPv4 one inside of an IPv6 one, where that only carries it. */
export function unwrapped(address: string): string {
  if (!address.includes(':')) return address
  const groups = ipv6Groups(address)
  return groups && CARRYING_IPV4.some((block) => isWithin(groups, block, 96, 16)) ? ipv4Of(groups.slice(6)) : address
}

/** Of an unwrapped address. */
export function addressKind(address: string): AddressKind {
  const octets = ipv4Octets(address)
  if (octets) return kindIn(IPV4_BLOCKS, octets, 8) ?? 'public'
  const groups = ipv6Groups(address)
  return (groups && kindIn(IPV6_BLOCKS, groups, 16)) ?? 'never'
}

interface ParsedBlock {
  parts: number[]
  bits: number
  kind: AddressKind
}

const kindIn = (blocks: ParsedBlock[], parts: number[], width: 8 | 16): AddressKind | undefined =>
  blocks.find((block) => isWithin(parts, block.parts, block.bits, width))?.kind

function toBlocks(parse: (text: string) => number[] | null, blocks: Block[]): ParsedBlock[] {
  return blocks.map(([block, kind]) => {
    const [address = '', bits] = block.split('/')
    const parts = parse(address) ?? []
    return { parts, bits: Number(bits), kind }
  })
}
