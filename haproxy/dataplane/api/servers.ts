import type { Server } from '../../../shared/dataplane/models.ts'
import {
  backendServers,
  type Configuration,
  findSection,
  putSection,
  putServer,
  removeServer,
  type Section,
  serverLine,
} from '../../../shared/haproxy-text/index.ts'
import { ApiError } from '../api-error.ts'
import { type Answer, booleanQuery, type Call, integerQuery, objectBody, ok, param, type Route } from './call.ts'
import { changeConfiguration, configurationFor } from './configuration-change.ts'
import type { Context } from './context.ts'
import { applyLive } from './live-server.ts'

const PATH = '/services/haproxy/configuration/backends/{parent}/servers'

export function serverRoutes(context: Context): Route[] {
  const consumes = 'application/json' as const
  return [
    { method: 'GET', path: PATH, handle: (call) => ok(list(context, call)) },
    { method: 'POST', path: PATH, consumes, handle: (call) => create(context, call) },
    { method: 'GET', path: `${PATH}/{name}`, handle: (call) => ok(read(context, call)) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes, handle: (call) => replace(context, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => remove(context, call) },
  ]
}

function list(context: Context, call: Call): Server[] {
  const section = findSection(configurationFor(context, call), 'backend', param(call, 'parent'))
  return section ? backendServers(section) : []
}

function read(context: Context, call: Call): Server {
  const server = list(context, call).find(({ name }) => name === param(call, 'name'))
  if (!server) throw missing(call)
  return server
}

async function create(context: Context, call: Call): Promise<Answer> {
  const server = await serverBody(call)
  const parent = param(call, 'parent')
  const work = (configuration: Configuration) => {
    const section = backend(configuration, parent)
    if (serverLine(section, server.name) >= 0)
      throw new ApiError(409, `object already exists: server ${server.name} already exists in ${parent} backend`)
    return putSection(configuration, putServer(section, server))
  }
  return changeConfiguration(context, call, { done: 201 }, work, server)
}

async function replace(context: Context, call: Call): Promise<Answer> {
  const server = { ...(await serverBody(call)), name: param(call, 'name') }
  const work = (configuration: Configuration) =>
    putSection(configuration, putServer(withServer(configuration, call), server))
  return (
    (await replaceLive(context, call, server, work)) ?? changeConfiguration(context, call, { done: 200 }, work, server)
  )
}

/** Weight, address, port and maintenance go to the worker and the file at once; null when more has changed. */
async function replaceLive(
  context: Context,
  call: Call,
  server: Server,
  work: (configuration: Configuration) => Configuration,
): Promise<Answer | null> {
  const version = integerQuery(call, 'version')
  if (version === null || call.query.has('transaction_id') || booleanQuery(call, 'force_reload')) return null
  // What waits for a reload could be this very server: the worker does not have the file's state then.
  if (!context.store.isGood()) return null
  const before = backendServers(withServer(context.store.configuration, call)).find(({ name }) => name === server.name)
  const live = before && applyLive(context.runtime, param(call, 'parent'), before, server)
  if (!live) return null
  await context.engine.change(version, work, 'never')
  if (await live()) await context.store.markGood()
  else return { status: 202, json: server, headers: { 'Reload-ID': context.reloads.request() } }
  return ok(server)
}

function remove(context: Context, call: Call): Promise<Answer> {
  return changeConfiguration(context, call, { done: 204 }, (configuration) =>
    putSection(configuration, removeServer(withServer(configuration, call), param(call, 'name'))),
  )
}

async function serverBody(call: Call): Promise<Server> {
  const body = await objectBody(call)
  if (typeof body.name !== 'string' || body.name === '') throw new ApiError(422, 'name in body is required')
  if (typeof body.address !== 'string' || body.address === '') throw new ApiError(422, 'address in body is required')
  return body as unknown as Server
}

function backend(configuration: Configuration, name: string): Section {
  const section = findSection(configuration, 'backend', name)
  if (!section) throw new ApiError(400, `missing parent: backend ${name} does not exist`)
  return section
}

function withServer(configuration: Configuration, call: Call): Section {
  const section = findSection(configuration, 'backend', param(call, 'parent'))
  if (!section || serverLine(section, param(call, 'name')) < 0) throw missing(call)
  return section
}

const missing = (call: Call) =>
  new ApiError(404, `missing object: server ${param(call, 'name')} does not exist in ${param(call, 'parent')} backend`)
