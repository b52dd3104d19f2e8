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
  .string()
  .max(2_048)
  .superRefine((text, context) => {
    const problem = problemOf(text)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

/** Takes the credentials out of a URL. What is wrong is said without repeating the text, which may hold a password. */
export function parseDataPlaneUrl(text: string): DataPlaneAddress {
  const url = URL.parse(text.trim())
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('no http or https URL')
  if (url.search || url.hash) throw new TypeError('one with a query or fragment')
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

function problemOf(text: string): string | null {
  try {
    if (parseDataPlaneUrl(text).username === '') return 'needs user:password@ before the host'
    return isPlainAndPublic(new URL(text)) ? 'must be https: http is for private addresses only' : null
  } catch (error) {
    return `must be such as https://user:password@host:5555: this is ${(error as Error).message}`
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError('one whose user or password is not percent-encoded')
  }
}

/** The password would cross the internet in the open. What a name stands for is not known here. */
function isPlainAndPublic({ protocol, hostname }: URL): boolean {
  const address = bareHost(hostname)
  const isAddress = z.union([z.ipv4(), z.ipv6()]).safeParse(address).success
  return protocol === 'http:' && isAddress && addressKind(address) === 'public'
}
