import { isIPv6 } from 'node:net'
import { ApiError } from '../api-error.ts'
import type { Ask, Runtime } from '../process/runtime.ts'
import { type Answer, type Call, listBody, ok, type Route } from './call.ts'
import { checkIp } from './socket-words.ts'

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

async function closeSessions(runtime: Runtime, call: Call): Promise<Answer> {
  const targets = new Set((await listBody(call)).map(target))
  await runtime.processes()
  const closed = await runtime.together((workers) =>
    Promise.all(workers.map((ask) => closeIn(ask, targets).catch(() => 0))),
  )
  return ok({ closed: closed.reduce((sum, each) => sum + each, 0) })
}

function target(each: unknown): string {
  const { address, port } = (each ?? {}) as Record<string, unknown>
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
    throw new ApiError(422, 'port in body should be a whole number from 1 to 65535')
  return `${plainAddress(checkIp('address', address))}:${port}`
}

async function closeIn(ask: Ask, targets: Set<string>): Promise<number> {
  if (targets.size === 0) return 0
  const ids = parseSessions(await ask('show sess all'))
    .filter(({ server }) => targets.has(server))
    .map(({ id }) => id)
  for (const id of ids) await ask(`shutdown session ${id}`)
  return ids.length
}

/** Each session begins with its pointer at the start of a line; the server's address comes some lines later. */
function parseSessions(text: string): { id: string; server: string }[] {
  return text.split(/^(?=0x[0-9a-f]+: )/m).flatMap((part) => {
    const id = /^(0x[0-9a-f]+): /.exec(part)?.[1]
    const [, address, port] = /^\s+server=\S+ \(id=\d+\) addr=(\S+):(\d+)/m.exec(part) ?? []
    return id && address ? [{ id, server: `${plainAddress(address)}:${port}` }] : []
  })
}

/** One spelling of an IPv6 address. */
const plainAddress = (address: string): string => {
  const bare = address.replace(/^\[|\]$/g, '')
  return isIPv6(bare) ? new URL(`http://[${bare}]/`).hostname : bare
}
