import { expect, it } from 'vitest'
import { addressBlock } from '../../shared/lib/address-block.ts'

it.each([
  ['an IPv4 address is itself', '192.0.2.7', '192.0.2.7'],
  ['an IPv6 address is its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['however it is written', '2001:0DB8:1:2::1', '2001:db8:1:2::/64'],
  ['with zeros among its first half', '2001:db8::9:8:7:6', '2001:db8:0:0::/64'],
  ['with zeros at its end', '2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['loopback', '::1', '0:0:0:0::/64'],
  ['with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['IPv4 in IPv6 is the IPv4 address', '::ffff:192.0.2.7', '192.0.2.7'],
  ['also in hexadecimal', '::ffff:c000:207', '192.0.2.7'],
  ['a name is none', 'example.com', 'unknown'],
  ['nothing is none', '', 'unknown'],
  ['an address with a port is none', '[2001:db8::1]:80', 'unknown'],
  ['nor one that leaves the brackets', '::1]/@[::2', 'unknown'],
])('%s', (_, address, block) => expect(addressBlock(address)).toBe(block))
