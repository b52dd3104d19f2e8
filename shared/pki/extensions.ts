/** The extensions of RFC 5280 4.2 and 5.2 that our certificates and revocation lists have, as DER. */
import { type Bytes, utf8 } from './bytes.ts'
import { constructed, integer, namedBits, octetString, oid, primitive, sequence, TRUE, tagged } from './der.ts'
import { ipBytes } from './ip.ts'
import { isDnsName } from './names.ts'

export const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  crlReason: '2.5.29.21',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

export const EXTENDED_USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const
export type Usage = keyof typeof EXTENDED_USAGE

function extension(id: string, value: Uint8Array, { critical = false } = {}): Bytes {
  return critical ? sequence(oid(id), TRUE, octetString(value)) : sequence(oid(id), octetString(value))
}

const critical = { critical: true }

/** A CA that may sign certificates for others, but no further CA. */
export const CA_CONSTRAINTS = extension(OID.basicConstraints, sequence(TRUE, integer(Uint8Array.of(0))), critical)
/** CA:false is the default, and DER leaves defaults out. */
export const LEAF_CONSTRAINTS = extension(OID.basicConstraints, sequence(), critical)

/** keyCertSign and cRLSign. */
export const CA_KEY_USAGE = extension(OID.keyUsage, namedBits(5, 6), critical)
/** digitalSignature: all that TLS asks for, now that key exchanges are ephemeral. */
export const LEAF_KEY_USAGE = extension(OID.keyUsage, namedBits(0), critical)

export const extendedKeyUsage = (usages: readonly Usage[]) =>
  extension(OID.extKeyUsage, sequence(...usages.map((usage) => oid(EXTENDED_USAGE[usage]))))

export const subjectKeyIdentifier = (keyId: Uint8Array) => extension(OID.subjectKeyIdentifier, octetString(keyId))

export const authorityKeyIdentifier = (keyId: Uint8Array) =>
  extension(OID.authorityKeyIdentifier, sequence(primitive(0, keyId)))

export const crlDistributionPoint = (url: string) =>
  extension(OID.crlDistributionPoints, sequence(sequence(constructed(0, constructed(0, primitive(6, utf8(url)))))))

export function subjectAltName(dnsNames: readonly string[], ips: readonly string[]): Bytes {
  const names = [...dnsNames.map((name) => primitive(2, dnsName(name))), ...ips.map((ip) => primitive(7, ipOctets(ip)))]
  if (names.length === 0) throw new RangeError('a certificate without any name')
  return extension(OID.subjectAltName, sequence(...names))
}

/**
 * Only these DNS names, and what is below them. A kind of name without a subtree of its own is not limited
 * (RFC 5280 4.2.1.10), so an agent's certificate may carry its verified address whichever that is.
 */
export function nameConstraints(permittedDomains: readonly string[]): Bytes {
  if (permittedDomains.length === 0) throw new RangeError('a CA without any domain')
  const subtrees = permittedDomains.map((domain) => sequence(primitive(2, domainName(domain))))
  return extension(OID.nameConstraints, sequence(constructed(0, ...subtrees)), critical)
}

export const crlNumber = (octets: Uint8Array) => extension(OID.crlNumber, integer(octets))
export const crlReason = (code: number) => extension(OID.crlReason, tagged(0x0a, Uint8Array.of(code)))

function dnsName(name: string): Bytes {
  if (!isDnsName(name)) throw new RangeError(`not a DNS name: ${JSON.stringify(name)}`)
  return utf8(name)
}

function domainName(name: string): Bytes {
  if (name.startsWith('*')) throw new RangeError(`not a domain: ${JSON.stringify(name)}`)
  return dnsName(name)
}

function ipOctets(ip: string): Bytes {
  const octets = ipBytes(ip)
  if (octets === null) throw new RangeError(`not an IP address: ${JSON.stringify(ip)}`)
  return octets
}
