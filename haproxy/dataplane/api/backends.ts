import type { Backend } from '../../../shared/dataplane/models.ts'
import {
  type Configuration,
  findSection,
  NESTED_FIELDS,
  parseBackend,
  printBackend,
  putSection,
  removeSection,
  replaceBackendFields,
  type Section,
} from '../../../shared/haproxy-text/index.ts'
import { ApiError } from '../api-error.ts'
import { booleanQuery, type Call, objectBody, ok, param, type Route } from './call.ts'
import { changeConfiguration, configurationFor } from './configuration-change.ts'
import type { Context } from './context.ts'

const PATH = '/services/haproxy/configuration/backends'

export function backendRoutes(context: Context): Route[] {
  const consumes = 'application/json' as const
  return [
    { method: 'GET', path: PATH, handle: (call) => ok(list(context, call)) },
    { method: 'POST', path: PATH, consumes, handle: (call) => create(context, call) },
    { method: 'GET', path: `${PATH}/{name}`, handle: (call) => ok(read(context, call)) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes, handle: (call) => replace(context, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => remove(context, call) },
  ]
}

function list(context: Context, call: Call): Backend[] {
  const full = booleanQuery(call, 'full_section')
  return configurationFor(context, call)
    .sections.filter(({ kind }) => kind === 'backend')
    .map((section) => parseBackend(section, { full }))
}

function read(context: Context, call: Call): Backend {
  const section = findSection(configurationFor(context, call), 'backend', param(call, 'name'))
  if (!section) throw new ApiError(404, `missing object: Backend ${param(call, 'name')} does not exist`)
  return parseBackend(section, { full: booleanQuery(call, 'full_section') })
}

async function create(context: Context, call: Call) {
  const backend = await backendBody(call)
  const section = sectionOf(call, backend)
  return changeConfiguration(
    context,
    call,
    { done: 201 },
    (configuration) => {
      if (findSection(configuration, 'backend', backend.name))
        throw new ApiError(409, `object already exists: backend ${backend.name} already exists`)
      checkFrom(configuration, backend)
      return putSection(configuration, section)
    },
    backend,
  )
}

async function replace(context: Context, call: Call) {
  const name = param(call, 'name')
  const backend = await backendBody(call)
  const section = sectionOf(call, backend)
  return changeConfiguration(
    context,
    call,
    { done: 200 },
    (configuration) => {
      const before = existing(configuration, name)
      checkFrom(configuration, backend)
      const after = booleanQuery(call, 'full_section') ? section : replaceBackendFields(before, withoutNested(backend))
      return putSection(configuration, { ...after, name })
    },
    backend,
  )
}

function remove(context: Context, call: Call) {
  const name = param(call, 'name')
  return changeConfiguration(context, call, { done: 204 }, (configuration) => {
    existing(configuration, name)
    return removeSection(configuration, 'backend', name)
  })
}

async function backendBody(call: Call): Promise<Backend> {
  const body = await objectBody(call)
  if (body.name === undefined || body.name === '') throw new ApiError(422, 'name in body is required')
  return withoutEmpty(body) as unknown as Backend
}

/** As the real one shows what it was given. */
const withoutEmpty = (body: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(body).filter(
      ([field, value]) => !NESTED_FIELDS.includes(field) || Object.keys(value ?? {}).length > 0,
    ),
  )

/** Without `full_section` the real one ignores what is nested, and so does this one. */
const sectionOf = (call: Call, backend: Backend): Section =>
  printBackend(booleanQuery(call, 'full_section') ? backend : withoutNested(backend))

const withoutNested = (backend: Backend): Backend =>
  Object.fromEntries(Object.entries(backend).filter(([field]) => !NESTED_FIELDS.includes(field))) as unknown as Backend

function existing(configuration: Configuration, name: string): Section {
  const section = findSection(configuration, 'backend', name)
  if (!section) throw new ApiError(404, `missing object: backend ${name} does not exist`)
  return section
}

function checkFrom(configuration: Configuration, { from }: Backend): void {
  if (from !== undefined && !findSection(configuration, 'defaults', from))
    throw new ApiError(400, `the defaults section ${from} does not exist`)
}
