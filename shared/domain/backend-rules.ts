import type { BackendServer } from './backend-server.ts'
import { isAddress } from './target-host.ts'

interface Told {
  servers: BackendServer[]
  hosts: string[]
  pathPrefixes: (string | null)[]
}

interface Problem {
  path: (string | number)[]
  message: string
}

/** Each is an entry of a map, and most would be a mistake. */
const MOST_PLACES = 1_000

/** What parts of a backend say against each other. */
export function backendProblems({ servers, hosts, pathPrefixes }: Told): Problem[] {
  const places = Math.max(hosts.length, 1) * Math.max(pathPrefixes.length, 1)
  const tooMany = { path: ['hosts'], message: `must with pathPrefixes make at most ${MOST_PLACES} pairs` }
  return [
    ...twice(servers),
    ...servers.flatMap((server, i) => serverProblems(server).map(at(i))),
    ...checkedDifferently(servers),
    ...(places > MOST_PLACES ? [tooMany] : []),
  ]
}

const at =
  (index: number) =>
  ({ path, message }: Problem): Problem => ({ path: ['servers', index, ...path], message })

function twice(servers: BackendServer[]): Problem[] {
  const known = new Set<string>()
  return servers.flatMap(({ name }, i) => {
    if (known.has(name)) return [{ path: ['servers', i, 'name'], message: `is the name of two servers: ${name}` }]
    known.add(name)
    return []
  })
}

function serverProblems({ address, tls, tlsVerify, protocol }: BackendServer): Problem[] {
  const [speaking, verifying] = [{ path: ['protocol'] }, { path: ['tlsVerify'] }]
  return [
    ...(protocol === 'h2c' && tls
      ? [{ ...speaking, message: '"h2c" is HTTP/2 without TLS, and tls is true: say "h2", or tls false' }]
      : []),
    ...(protocol === 'h2' && !tls
      ? [{ ...speaking, message: '"h2" is HTTP/2 over TLS, and tls is false: say "h2c", or tls true' }]
      : []),
    ...(tlsVerify === 'system' && !tls
      ? [{ ...verifying, message: '"system" needs TLS, and tls is false: say tls true' }]
      : []),
    ...(tlsVerify === 'system' && tls && isAddress(address)
      ? [{ ...verifying, message: `"system" needs a name to verify, and ${address} is an address` }]
      : []),
  ]
}

/** HAProxy asks all servers of a backend the same; how often, and what counts, may differ. */
function checkedDifferently(servers: BackendServer[]): Problem[] {
  const checked = [...servers.entries()].filter(([, { check }]) => check !== false)
  const [first] = checked
  const other = checked.find(([, server]) => questionOf(server) !== questionOf(first?.[1]))
  if (!first || !other) return []
  const [index, { name }] = other
  const message = `asks ${questionOf(servers[index])}, and of ${first[1].name} ${questionOf(first[1])}: HAProxy asks all servers of a backend the same, so give ${name} the check of the others, or false`
  return [{ path: ['servers', index, 'check'], message }]
}

function questionOf(server: BackendServer | undefined): string {
  if (!server || typeof server.check === 'boolean') return 'for a connection'
  const { path, expectStatus } = server.check
  return `for ${path} with status ${expectStatus ?? '200 to 399'}`
}

/** Whether its certificate is verified, said or not. */
export const verifyOf = ({ address, tls, tlsVerify }: BackendServer): 'none' | 'system' =>
  tls ? (tlsVerify ?? (isAddress(address) ? 'none' : 'system')) : 'none'
