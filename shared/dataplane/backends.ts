import { APPLY_TIMEOUT_MS, type Calls } from './calls.ts'
import { objectName, plainBody } from './checks.ts'
import { currentVersion, restoring } from './configuration.ts'
import type { DataPlane } from './data-plane.ts'
import { isFault } from './data-plane-error.ts'
import { listOf } from './lists.ts'
import type { Backend, Server } from './models.ts'

const TRIES = 8

export function backendCalls(calls: Calls): Pick<DataPlane, 'backends' | 'servers' | 'replaceServer'> {
  const serversPath = (backend: string) => `/configuration/backends/${encodeURIComponent(objectName(backend))}/servers`

  return {
    backends: async (options) =>
      listOf<Backend>(await calls.get('/configuration/backends', { ...options, query: { full_section: true } })),

    servers: async (backend, options) => listOf<Server>(await calls.get(serversPath(backend), options)),

    async replaceServer(backend, server, options = {}) {
      const path = `${serversPath(backend)}/${encodeURIComponent(objectName(server.name))}`
      const json = plainBody(server)
      for (let tries = 1; ; tries++) {
        const query = { version: await currentVersion(calls, options) }
        try {
          const call = { timeoutMs: APPLY_TIMEOUT_MS, ...options, query, json }
          return { reloadId: (await restoring(calls, options, () => calls.putOnce(path, call))).reloadId }
        } catch (error) {
          if (!isFault(error, 'conflict') || tries === TRIES) throw error
          await calls.pause(tries, options.signal)
        }
      }
    },
  }
}
