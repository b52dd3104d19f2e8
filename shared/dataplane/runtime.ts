import type { Calls } from './calls.ts'
import { objectName, plainBody } from './checks.ts'
import type { CallOptions, DataPlane } from './data-plane.ts'
import { DataPlaneError, isFault } from './data-plane-error.ts'
import { NO_HAPROXY } from './failure.ts'
import { listOf } from './lists.ts'
import type { NativeStat, ProcessInfo, RuntimeServer, StickTableEntry } from './models.ts'

type Runtime = Pick<
  DataPlane,
  | 'processInfo'
  | 'runtimeServers'
  | 'setRuntimeServer'
  | 'addRuntimeServer'
  | 'deleteRuntimeServer'
  | 'stats'
  | 'stickTable'
>

const NO_CONTENT = 204
const LIST_TIMEOUT_MS = 30_000

export function runtimeCalls(calls: Calls): Runtime {
  const serversPath = (backend: string) => `/runtime/backends/${encodeURIComponent(objectName(backend))}/servers`

  const serverPath = (backend: string, name: string) =>
    `${serversPath(backend)}/${encodeURIComponent(objectName(name))}`

  const processInfo = (options?: CallOptions) => readProcessInfo(calls, options)

  /** A server is also `missing` where there is no HAProxy at all. */
  async function ofRunningHaproxy<T>(call: Promise<T>, options?: CallOptions): Promise<T> {
    try {
      return await call
    } catch (error) {
      if (isFault(error, 'missing')) await processInfo(options)
      throw error
    }
  }

  return {
    processInfo,

    async runtimeServers(backend, options) {
      return listOf<RuntimeServer>(await ofRunningHaproxy(calls.get(serversPath(backend), options), options))
    },

    async setRuntimeServer(backend, name, change, options) {
      const call = calls.put(serverPath(backend, name), { ...options, json: plainBody(change), isMinimal: true })
      const { status, data } = await ofRunningHaproxy(call, options)
      if (status !== NO_CONTENT) assertTaken(change, (data ?? {}) as RuntimeServer)
    },

    async addRuntimeServer(backend, server, options) {
      objectName(server.name)
      await ofRunningHaproxy(calls.post(serversPath(backend), { ...options, json: plainBody(server) }), options)
    },

    async deleteRuntimeServer(backend, name, options) {
      const { status } = await calls.delete(serverPath(backend, name), { ...options, expect: [404] })
      if (status === 404) await processInfo(options)
    },

    async stats({ type, name, parent, columns }, options) {
      const named = { name: name && objectName(name), parent: parent && objectName(parent) }
      // The real Data Plane API knows no such word, and tells all.
      const query = { type, ...named, columns: columns?.join(',') }
      const { data } = await calls.get('/stats/native', { timeoutMs: LIST_TIMEOUT_MS, ...options, query })
      return (data as { stats?: NativeStat[] } | null)?.stats ?? []
    },

    async stickTable(name, { key, ...options } = {}) {
      const path = `/runtime/stick_tables/${encodeURIComponent(objectName(name))}/entries`
      const query = { key: key && objectName(key) }
      return listOf<StickTableEntry>(await calls.get(path, { timeoutMs: LIST_TIMEOUT_MS, ...options, query }))
    },
  }
}

/** Without a worker the API answers 200 and leaves everything out. */
async function readProcessInfo(calls: Calls, options?: CallOptions): Promise<ProcessInfo> {
  const { data } = await calls.get('/runtime/info', options)
  const info = (data as { info?: Partial<ProcessInfo> } | null)?.info
  if (!info?.pid || info.version === undefined) throw new DataPlaneError('unreachable', NO_HAPROXY)
  const { pid, uptime = 0, version, max_conn = 0, curr_conns = 0 } = info
  return { pid, uptime, version, max_conn, curr_conns }
}

/** What HAProxy did not take (an address that does not resolve) is a 200 with the old value. */
function assertTaken(change: Partial<RuntimeServer>, server: RuntimeServer): void {
  const fields = ['address', 'port', 'weight', 'admin_state'] as const
  const ignored = fields.filter((field) => change[field] !== undefined && change[field] !== server[field])
  if (ignored.length === 0) return
  throw new DataPlaneError(
    'refused',
    `HAProxy did not take ${ignored.map((field) => `${field} ${change[field]}`).join(', ')}`,
  )
}
