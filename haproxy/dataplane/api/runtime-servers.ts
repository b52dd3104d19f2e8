import { printParameters } from '../../../shared/haproxy-text/index.ts'
import { ApiError } from '../api-error.ts'
import type { Runtime } from '../process/runtime.ts'
import { type Answer, type Call, noContent, objectBody, ok, param, type Route } from './call.ts'
import { parseServerStates, type ServerState } from './server-states.ts'
import { checkSocketName } from './socket-words.ts'

const PATH = '/services/haproxy/runtime/backends/{parent}/servers'

export function runtimeServerRoutes(runtime: Runtime): Route[] {
  const consumes = 'application/json' as const
  return [
    { method: 'GET', path: PATH, handle: async (call) => ok(await statesOf(runtime, param(call, 'parent'))) },
    { method: 'POST', path: PATH, consumes, handle: (call) => add(runtime, call) },
    { method: 'GET', path: `${PATH}/{name}`, handle: async (call) => ok(await stateOf(runtime, call)) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes, handle: (call) => change(runtime, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => remove(runtime, call) },
  ]
}

async function statesOf(runtime: Runtime, backend: string): Promise<ServerState[]> {
  if (!NAME.test(backend)) throw new ApiError(404, 'no data for this backend: not found')
  const text = await runtime.command(`show servers state ${backend}`)
  if (/^Can't find backend/i.test(text)) throw new ApiError(404, `no data for ${backend}: not found`)
  return parseServerStates(text)
}

async function stateOf(runtime: Runtime, call: Call): Promise<ServerState> {
  const [parent, name] = [param(call, 'parent'), param(call, 'name')]
  const all = await statesOf(runtime, parent).catch((error) => {
    throw error instanceof ApiError && error.status === 404 ? missing(call) : error
  })
  const found = all.find((each) => each.name === name)
  if (!found) throw missing(call)
  return found
}

const NAME = /^[A-Za-z0-9_.:-]+$/

const NOT_THERE = /^No such (?:server|backend)/i

const missing = (call: Call) =>
  new ApiError(404, `no data for ${param(call, 'parent')}/${param(call, 'name')}: not found`)

/** RFC 7240. */
const wantsMinimal = ({ request }: Call) => /\breturn=minimal\b/.test(request.headers.get('prefer') ?? '')

async function change(runtime: Runtime, call: Call): Promise<Answer> {
  const commands = changeCommands(await objectBody(call))
  const [parent, name] = [param(call, 'parent'), param(call, 'name')]
  if (!NAME.test(parent) || !NAME.test(name)) throw missing(call)
  for (const command of commands) {
    const answer = await runtime.commandEverywhere(`set server ${parent}/${name} ${command}`)
    if (NOT_THERE.test(answer)) throw missing(call)
    if (answer !== '' && !/changed from|no need to change|nothing changed/.test(answer))
      throw new ApiError(400, `HAProxy refuses: ${answer.split('\n')[0]}`)
  }
  // All the servers of a backend are read for the state of one.
  return wantsMinimal(call) ? noContent : ok(await stateOf(runtime, call))
}

function changeCommands(body: Record<string, unknown>): string[] {
  const { admin_state, operational_state, weight, address, port } = body
  const commands: string[] = []
  if (address !== undefined || port !== undefined) commands.push(addressCommand(address, port))
  if (weight !== undefined) commands.push(`weight ${checkWeight(weight)}`)
  if (operational_state !== undefined)
    commands.push(`health ${oneOf('operational_state', operational_state, ['up', 'down', 'stopping'])}`)
  if (admin_state !== undefined)
    commands.push(`state ${oneOf('admin_state', admin_state, ['ready', 'maint', 'drain'])}`)
  return commands.filter((command) => command !== '')
}

function addressCommand(address: unknown, port: unknown): string {
  if (address === undefined) throw new ApiError(422, 'address in body is required where the port changes')
  if (typeof address !== 'string' || !/^[A-Za-z0-9_.:-]+$/.test(address))
    throw new ApiError(422, "address in body should match '^[^\\s]+$', and be an address")
  return port === undefined ? `addr ${address}` : `addr ${address} port ${checkPort(port)}`
}

async function add(runtime: Runtime, call: Call): Promise<Answer> {
  const body = await objectBody(call)
  const { name, address, port, ...parameters } = body
  if (name === undefined || name === '') throw new ApiError(400, 'the new server must have a name')
  if (typeof address !== 'string') throw new ApiError(500, "'server' expects <name> and <addr>[:<port>] as arguments.")
  for (const [field, value] of Object.entries(parameters))
    if (field === 'weight' && typeof value !== 'number') throw new ApiError(400, 'weight must be a number')
  const target = `${checkSocketName('backend', param(call, 'parent'))}/${checkSocketName('name', name)}`
  if (!/^[A-Za-z0-9_.:-]+$/.test(address)) throw new ApiError(422, 'address in body should be an address')
  const where = `${address.includes(':') ? `[${address}]` : address}${port === undefined ? '' : `:${checkPort(port)}`}`
  const words = printParameters(parameters, 'a server').map((word) => checkParameter(word))
  answered(await runtime.command(`add server ${target} ${[where, ...words].join(' ')}`))
  // Otherwise it would be checked by the worker of after the next reload at the earliest.
  if (parameters.check === 'enabled') await runtime.command(`enable health ${target}`)
  return { status: 201, json: body }
}

function checkParameter(word: string): string {
  if (/[;\s\\"'<]/.test(word)) throw new ApiError(400, `${JSON.stringify(word)} cannot stand in a command`)
  return word
}

async function remove(runtime: Runtime, call: Call): Promise<Answer> {
  const [parent, name] = [param(call, 'parent'), param(call, 'name')]
  if (!NAME.test(parent) || !NAME.test(name)) throw missing(call)
  const target = `${parent}/${name}`
  const answer = await runtime.command(`set server ${target} state maint`)
  if (NOT_THERE.test(answer)) throw missing(call)
  answered(await runtime.command(`del server ${target}`))
  return noContent
}

/** HAProxy says something also when it goes well. */
function answered(answer: string): void {
  if (answer === '' || /^(New server registered|Server deleted)/.test(answer)) return
  const line = answer.split('\n')[0] ?? ''
  if (/already exists/i.test(line)) throw new ApiError(409, line)
  throw new ApiError(/no such (backend|server)/i.test(line) ? 404 : 400, `HAProxy refuses: ${line}`)
}

function checkWeight(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 256)
    throw new ApiError(422, 'weight in body should be a whole number from 0 to 256')
  return value
}

function checkPort(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw new ApiError(422, 'port in body should be greater than or equal to 1')
  if (value > 65535) throw new ApiError(422, 'port in body should be less than or equal to 65535')
  return value
}

function oneOf(field: string, value: unknown, allowed: readonly string[]): string {
  if (typeof value === 'string' && allowed.includes(value)) return value
  throw new ApiError(422, `${field} in body should be one of [${allowed.join(' ')}]`)
}
