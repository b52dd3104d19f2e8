import { z } from 'zod'
import { bareHost } from '../lib/bare-host.ts'
import { addressKind } from '../targets/address-kind.ts'

export interface DataPlaneAddress {
  /** Without credentials and without a slash at its end. */
  url: string
  username: string
  password: string
}

/** How the address of a data plane is given, credentials in it. What is wrong is said without repeating any of it. */
export const DataPlaneUrl = z
  .url({ protocol: /^https?$/, error: 'must be an URL such as https://user:password@host:5555' })
  .max(2_048)
  .refine((text) => new URL(text).username !== '', 'needs user:password@ before the host')
  .refine((text) => whyUnusable(text) === null, { error: ({ input }) => whyUnusable(String(input)) ?? '' })
  .refine((text) => !isPlainAndPublic(new URL(text)), 'must be https: http is for private addresses only')

/** Takes the credentials out of a URL. What is wrong is said without repeating the text, which may hold a password. */
export function parseDataPlaneUrl(text: string): DataPlaneAddress {
  const url = URL.parse(text.trim())
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('not an http or https URL')
  if (url.search || url.hash) throw new TypeError('a query or fragment has no meaning here')
  return {
    url: url.origin + url.pathname.replace(/\/(v3\/?)?$/, ''),
    username: decoded(url.username),
    password: decoded(url.password),
  }
}

/** Where it listens. */
export function dataPlanePlace(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url)
  return { host: bareHost(hostname), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

function whyUnusable(text: string): string | null {
  try {
    parseDataPlaneUrl(text)
    return null
  } catch (error) {
    return `cannot be used: ${(error as Error).message}`
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError('user and password must be percent-encoded')
  }
}

/** The password would cross the internet in the open. What a name stands for is not known here. */
function isPlainAndPublic({ protocol, hostname }: URL): boolean {
  const address = bareHost(hostname)
  const isAddress = z.union([z.ipv4(), z.ipv6()]).safeParse(address).success
  return protocol === 'http:' && isAddress && addressKind(address) === 'public'
}
