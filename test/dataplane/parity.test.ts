import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { isKnownElsewhere } from '../../haproxy/dataplane/api/known-elsewhere.ts'
import transcript from '../fixtures/dataplane-transcript.json' with { type: 'json' }
import { newFolder } from '../support/folder.ts'
import { freePorts } from '../support/ports.ts'
import { DIFFERENCES } from './differences.ts'
import { newCertificate, type Reply, reloaded, startDataPlane, type TestDataPlane, upload } from './support.ts'

interface Entry {
  name: string
  request: {
    method: string
    path: string
    query: Record<string, string>
    headers: Record<string, string>
    body: unknown
  }
  response: { status: number; headers: Record<string, string>; body: unknown }
}

const PORTS = ['18080', '18081', '18082', '18083', '18084', '18090', '18091', '18092', '18443']
const STATUS_ON_PURPOSE: Record<string, number> = Object.assign({}, ...DIFFERENCES.map(({ calls }) => calls))
const GOOD = { user: 'admin', password: 'the-password' }

const initial = (folder: string) => `global
  master-worker
  maxconn 200
  stats socket ${folder}/haproxy.sock mode 600 level admin expose-fd listeners
  stats timeout 30s

defaults unnamed_defaults_1
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s

userlist dpa
  user admin insecure-password adminpwd

frontend fe_http from unnamed_defaults_1
  bind 127.0.0.1:18080 name main
  use_backend %[req.hdr(host),lower,map(${folder}/maps/hosts.map,be_web)]
  default_backend be_web

backend be_api from unnamed_defaults_1
  balance roundrobin
  server api1 127.0.0.1:18083

backend be_web from unnamed_defaults_1
  balance roundrobin
  server web1 127.0.0.1:18081 check inter 2s
  server web2 127.0.0.1:18082 check inter 2s
`

/** What happened between two recorded calls without being recorded. */
const BEFORE: Record<string, (replay: Replay) => Promise<unknown>> = {
  'tx-start-too-many': async ({ plane, version }) => {
    for (let i = 0; i < 4; i++) await plane.call('POST', `/transactions?version=${await version()}`)
  },
  'tx-delete': ({ closeAll }) => closeAll(),
  'backends-list': ({ closeAll }) => closeAll(),
  'bsr-create-in-tx-unknown-backend': ({ plane, ids }) =>
    // The rule that HAProxy will refuse cannot be made here; this is as good.
    plane.call('POST', `/configuration/backends?full_section=true&transaction_id=${ids.get('<tx-id-5>')}`, {
      name: 'be_refused',
      mode: 'http',
      http_request_rule_list: [{ type: 'set-log-level', log_level: 'nonsense' }],
    }),
  'backend-delete': ({ add }) => add('backend be_forced\n  mode http\n'),
  'backend-delete-force-reload': ({ add }) => add('backend be_unknown_field\n  mode http\n'),
  'runtime-server-later-after-create': ({ plane }) => reloaded(plane),
  'rtmap-entries-after-reload': ({ plane }) => plane.load(''),
  'rtmap-entry-get-with-duplicates': ({ plane }) =>
    plane.call('PUT', '/runtime/maps/hosts.map', [
      { key: 'dup.example.test', value: 'be_web' },
      { key: 'dup.example.test', value: 'be_api' },
    ]),
  'rtmap-entry-delete-with-duplicates': ({ plane }) =>
    plane.call('PUT', '/runtime/maps/hosts.map', [{ key: 'shop.example.test', value: 'be_web' }]),
  'rtmap-entry-replace-value-with-space': ({ plane }) =>
    plane.call('PUT', '/runtime/maps/hosts.map', [{ key: 'space.value', value: 'two' }]),
  'rtmap-entries-referenced-after-reload': ({ add, folder, plane }) =>
    add(`backend be_paths from unnamed_defaults_1
  use-server %[path,map_beg(${folder}/maps/paths.map)] if { path,map_beg(${folder}/maps/paths.map) -m found }
`).then(() => plane.load('')),
  'stcert-replace-in-use': ({ add, folder, plane }) =>
    add(`frontend tls from unnamed_defaults_1
  bind 127.0.0.1:18443 ssl crt ${folder}/ssl/web.pem
  default_backend be_web
`).then(() => plane.load('')),
  'bind-create-taken-port': async ({ add, ports }) => {
    const taken = createServer().listen(ports[1], '127.0.0.1')
    onTestFinished(() => void taken.close())
    await once(taken, 'listening')
    await add('frontend taken from unnamed_defaults_1\n  bind 127.0.0.1:18081\n  default_backend be_web\n')
  },
  'stcert-delete': async ({ plane, version }) => {
    const { text } = await plane.call('GET', '/configuration/raw')
    const without = text.replace(/\nfrontend tls[\s\S]*?default_backend be_web\n/, '')
    await plane.call('POST', `/configuration/raw?force_reload=true&version=${await version()}`, without)
  },
}

/** Calls that must come before the reload that the call before has asked for. */
const WHILE_WAITING = /in-progress|before-reload|right-after-create/

type Certificate = ReturnType<typeof newCertificate>

interface Replay {
  plane: TestDataPlane
  folder: string
  ports: number[]
  ids: Map<string, string>
  first: Certificate
  second: Certificate
  version(): Promise<number>
  open(placeholder: string): Promise<void>
  closeAll(): Promise<void>
  add(sections: string): Promise<void>
}

it('answers as the real Data Plane API was recorded to answer', { timeout: 180_000 }, async () => {
  const replay = await start()
  const wrong: string[] = []
  for (const recorded of transcript as unknown as Entry[]) {
    if (!WHILE_WAITING.test(recorded.name)) await reloaded(replay.plane)
    await BEFORE[recorded.name]?.(replay)
    await bringToVersion(replay, recorded)
    await openMentioned(replay, recorded)
    const reply = await send(replay, recorded)
    remember(replay, recorded, reply)
    wrong.push(...complaints(recorded, reply))
  }
  expect(wrong).toEqual([])
})

it('the docs tell every difference on purpose, and no other', () => {
  const docs = readFileSync('docs/dataplane.md', 'utf8')
  const section = docs.split('\n## ').find((each) => each.startsWith('Where it differs')) ?? ''
  const told = [...section.matchAll(/^- (.*)$/gm)].map(([, text]) => text)
  expect(told).toEqual(DIFFERENCES.map(({ reason }) => reason))
  const names = transcript.map(({ name }) => name)
  expect(Object.keys(STATUS_ON_PURPOSE).filter((name) => !names.includes(name))).toEqual([])
})

async function start(): Promise<Replay> {
  const folder = newFolder()
  mkdirSync(`${folder}/maps`)
  writeFileSync(`${folder}/maps/hosts.map`, 'shop.example.test be_web\napi.example.test be_api\n')
  const ports = await freePorts(PORTS.length)
  const plane = await startDataPlane({
    ...{ folder, auth: GOOD, reloadDelayMs: 400 },
    firstConfiguration: () => withPorts(initial(folder), ports),
  })
  return replayOf(plane, folder, ports)
}

function replayOf(plane: TestDataPlane, folder: string, ports: number[]): Replay {
  const ids = new Map<string, string>()
  const version = async () => (await plane.call('GET', '/configuration/version')).json
  return {
    ...{ plane, folder, ports, ids, version },
    first: newCertificate('web.example.test'),
    second: newCertificate('web2.example.test'),
    async open(placeholder) {
      if (ids.has(placeholder)) return
      const { json } = await plane.call('POST', `/transactions?version=${await version()}`)
      ids.set(placeholder, json.id)
    },
    async closeAll() {
      for (const { id } of (await plane.call('GET', '/transactions')).json)
        await plane.call('DELETE', `/transactions/${id}`)
    },
    async add(sections) {
      const { text } = await plane.call('GET', '/configuration/raw')
      const path = '/configuration/raw?skip_version=true&skip_reload=true'
      expect((await plane.call('POST', path, `${text}\n${withPorts(sections, ports)}`)).status).toBe(201)
    },
  }
}

const withPorts = (text: string, ports: number[]) =>
  PORTS.reduce((all, port, i) => all.replaceAll(port, String(ports[i])), text)

const PEM = '<pem certificate>\n<pem private key>\n'

/** What the recorded placeholders stand for here. */
function filled({ folder, ids, ports, first, second }: Replay, { name, request }: Entry): Entry['request'] {
  const { certificate } = /replace-in-use|skip-reload/.test(name) ? second : first
  const { key } = /mismatched/.test(name) || certificate === second.certificate ? second : first
  let text = withPorts(JSON.stringify(request), ports)
    .replaceAll(JSON.stringify(PEM).slice(1, -1), JSON.stringify(certificate + key).slice(1, -1))
    .replaceAll('<pem certificate>\\n', JSON.stringify(certificate).slice(1, -1))
    .replaceAll('<path>', folder)
    .replaceAll('<1000 times x>', 'x'.repeat(1000))
    .replaceAll('<reload-id-never-issued>', `${new Date().toISOString().slice(0, 10)}-999`)
  for (const [placeholder, id] of ids) text = text.replaceAll(placeholder, id)
  return JSON.parse(text)
}

async function send(replay: Replay, recorded: Entry): Promise<Reply> {
  const { method, path, query, headers, body } = filled(replay, recorded)
  const { 'Content-Type': type, Authorization, ...others } = headers
  const all: Record<string, string> = { ...others, ...authorizationOf(Authorization) }
  const search = new URLSearchParams(query).toString()
  const where = search ? `${path}?${search}` : path
  if (type?.startsWith('multipart')) return replay.plane.call(method, where, formOf(body), all)
  if (type !== undefined) all['content-type'] = type
  const content = type !== undefined && body === null ? '' : typeof body === 'string' ? body : (body ?? undefined)
  return replay.plane.call(method, where, content, all)
}

function authorizationOf(recorded: string | undefined): Record<string, string> {
  if (recorded === undefined) return {}
  return { authorization: recorded === '<none>' ? '' : `Basic ${btoa('admin:wrong')}` }
}

function formOf(body: unknown): FormData {
  const { multipart } = body as { multipart: { field?: string; filename: string; content: string } }
  return upload(multipart.filename, multipart.content, multipart.field)
}

/** A transaction that was opened without being recorded. */
async function openMentioned({ ids, open }: Replay, { request }: Entry): Promise<void> {
  for (const [placeholder] of JSON.stringify(request).matchAll(/<tx-id-\d+>/g))
    if (!ids.has(placeholder)) await open(placeholder)
}

function remember({ ids }: Replay, { request, response }: Entry, reply: Reply): void {
  const { id } = (response.body ?? {}) as { id?: string }
  if (request.method === 'POST' && request.path.endsWith('/transactions') && id) ids.set(id, reply.json?.id)
  const reloadId = response.headers['Reload-ID']
  if (reloadId) ids.set(reloadId, reply.headers.get('reload-id') ?? '2020-01-01-1')
}

/** Some calls that were not recorded, or are not served here, moved the version on. */
async function bringToVersion({ plane, version }: Replay, { name, request, response }: Entry): Promise<void> {
  const after = Number(response.headers['Configuration-Version'] ?? 0)
  const moves = (response.status < 300 || name === FAILED_RELOAD) && isWrite(request) && !request.query.only_validate
  const before = after - (moves ? 1 : 0)
  if (after === 0 || request.query.skip_version || before === (await version())) return
  const { text } = await plane.call('GET', '/configuration/raw')
  const path = '/configuration/raw?skip_version=true&skip_reload=true'
  await plane.call('POST', path, text.replace(/^# _version=\d+$/m, `# _version=${before}`))
}

/** Refused, and yet it moved the version on. */
const FAILED_RELOAD = 'tx-commit-force-reload-fails'

const isWrite = ({ method, path, query }: Entry['request']) =>
  (method !== 'GET' && path.includes('/configuration/') && 'version' in query) ||
  (method === 'PUT' && path.includes('/transactions/'))

const HEADERS = ['Configuration-Version', 'Content-Type', 'WWW-Authenticate', 'Allow']

function complaints({ name, request, response }: Entry, reply: Reply): string[] {
  const onPurpose = STATUS_ON_PURPOSE[name]
  const path = request.path.replace(/\?.*/, '')
  const expected = isKnownElsewhere(path) ? 501 : (onPurpose ?? response.status)
  if (reply.status !== expected) return [`${name}: ${reply.status} instead of ${expected}: ${reply.text.slice(0, 300)}`]
  if (onPurpose !== undefined || expected === 501) return []
  const headers = HEADERS.filter((each) => reply.headers.get(each) !== (response.headers[each] ?? null)).map(
    (each) => `${name}: ${each} is ${reply.headers.get(each)} instead of ${response.headers[each]}`,
  )
  const reload = reply.headers.has('reload-id') === 'Reload-ID' in response.headers ? [] : [`${name}: Reload-ID`]
  const body = response.headers['Content-Type'] === 'application/json' ? reply.json : reply.text || null
  return [...headers, ...reload, ...shapeComplaints(`${name} ${path}`, response.body, body)]
}

/** Same names and types, and the same word where it is a status. */
function shapeComplaints(where: string, recorded: unknown, ours: unknown): string[] {
  if (kindOf(recorded) !== kindOf(ours)) {
    // A recorded number may be hidden behind a placeholder.
    if (typeof recorded === 'string' && recorded.startsWith('<') && typeof ours === 'number') return []
    return [`${where}: ${kindOf(ours)} instead of ${kindOf(recorded)}`]
  }
  if (Array.isArray(recorded) && Array.isArray(ours))
    return pairs(recorded, ours).flatMap(([a, b]) => shapeComplaints(`${where}[]`, a, b))
  if (/(transactions|reloads).*\.status$/.test(where) && recorded !== ours)
    return [`${where}: ${ours} instead of ${recorded}`]
  if (kindOf(recorded) !== 'object') return []
  const [a, b] = [recorded as Record<string, unknown>, ours as Record<string, unknown>]
  const missing = Object.keys(a).filter((key) => !(key in b))
  const added = Object.keys(b).filter((key) => !(key in a) && key !== 'sha256_finger_print')
  const names = missing.length + added.length > 0 ? [`${where}: without ${missing.join()}, with ${added.join()}`] : []
  return [
    ...names,
    ...Object.keys(a).flatMap((key) => (key in b ? shapeComplaints(`${where}.${key}`, a[key], b[key]) : [])),
  ]
}

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)

/** The items of two lists that have the same name, since some lists come in no stable order. */
function pairs(recorded: unknown[], ours: unknown[]): [unknown, unknown][] {
  const nameOf = (item: unknown) => (item as { name?: string } | null)?.name
  if (nameOf(recorded[0]) === undefined) return recorded.length > 0 && ours.length > 0 ? [[recorded[0], ours[0]]] : []
  return recorded.flatMap((each): [unknown, unknown][] => {
    const other = ours.find((item) => nameOf(item) === nameOf(each))
    return other === undefined ? [] : [[each, other]]
  })
}
