import { isIPv6 } from 'node:net'
import { ApiError } from '../api-error.ts'
import type { Ask, Runtime } from '../process/runtime.ts'
import { type Answer, type Call, listBody, ok, type Route } from './call.ts'
import { checkIp, checkSocketName } from './socket-words.ts'

/**
 * A call of our own: ends live connections (WebSocket, MongoDB) to these servers, in the workers of before the last
 * reload too, so that what was revoked is over at once.
 */
export function sessionRoutes(runtime: Runtime): Route[] {
  return [
    {
      method: 'DELETE',
      path: '/services/haproxy/runtime/sessions',
      consumes: 'application/json',
      handle: (call) => closeSessions(runtime, call),
    },
  ]
}

/** Servers whose connections all end, and servers of whose connections those of certain hosts end. */
interface Ending {
  all: Set<string>
  /** Server and host. */
  ofHosts: Set<string>
  /** The stick table whose keys, `host|number`, say whose each connection is. */
  table: string
}

async function closeSessions(runtime: Runtime, call: Call): Promise<Answer> {
  const ending = parseEnding(await listBody(call), call.query.get('table'))
  await runtime.processes()
  const closed = await runtime.together((workers) =>
    Promise.all(workers.map((ask) => closeIn(ask, ending).catch(() => 0))),
  )
  return ok({ closed: closed.reduce((sum, each) => sum + each, 0) })
}

function parseEnding(items: unknown[], table: string | null): Ending {
  const targets = items.map(target)
  const ofHosts = targets.flatMap(({ server, host }) => (host === undefined ? [] : [`${server} ${host}`]))
  return {
    all: new Set(targets.flatMap(({ server, host }) => (host === undefined ? [server] : []))),
    ofHosts: new Set(ofHosts),
    table: ofHosts.length > 0 ? checkSocketName('table', table) : '',
  }
}

function target(each: unknown): { server: string; host: string | undefined } {
  const { address, port, host } = (each ?? {}) as Record<string, unknown>
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
    throw new ApiError(422, 'port in body should be a whole number from 1 to 65535')
  return {
    server: `${plainAddress(checkIp('address', address))}:${port}`,
    host: host === undefined ? undefined : checkSocketName('host', host),
  }
}

async function closeIn(ask: Ask, { all, ofHosts, table }: Ending): Promise<number> {
  if (all.size + ofHosts.size === 0) return 0
  const sessions = parseSessions(await ask('show sess all'))
  const hosts = ofHosts.size > 0 ? parseHosts(await ask(`show table ${table} data.conn_cur gt 0`)) : new Map()
  const going = sessions.filter(
    ({ server, number }) => all.has(server) || ofHosts.has(`${server} ${hosts.get(number)}`),
  )
  for (const { id } of going) await ask(`shutdown session ${id}`)
  return going.length
}

interface Session {
  /** What HAProxy ends it by. */
  id: string
  /** That of the stream in this worker: never the same again. */
  number: string
  server: string
}

/** Each session begins with its pointer at the start of a line; the server's address comes some lines later. */
function parseSessions(text: string): Session[] {
  return text.split(/^(?=0x[0-9a-f]+: )/m).flatMap((part) => {
    const [, id, number = ''] = /^(0x[0-9a-f]+): .*?(?: id=(\d+)|$)/m.exec(part) ?? []
    const [, address, port] = /^\s+server=\S+ \(id=\d+\) addr=(\S+):(\d+)/m.exec(part) ?? []
    return id && address ? [{ id, number, server: `${plainAddress(address)}:${port}` }] : []
  })
}

/** The host of each connection by its number. */
const parseHosts = (text: string): Map<string, string> =>
  new Map(Array.from(text.matchAll(/ key=(\S+)\|(\d+) /g), ([, host = '', number = '']) => [number, host]))

/** One spelling of an IPv6 address. */
const plainAddress = (address: string): string => {
  const bare = address.replace(/^\[|\]$/g, '')
  return isIPv6(bare) ? new URL(`http://[${bare}]/`).hostname : bare
}
