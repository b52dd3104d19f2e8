import { backendCalls } from './backends.ts'
import { type CallsOptions, createCalls } from './calls.ts'
import { certificateCalls } from './certificates.ts'
import { configurationCalls, NO_SUCH_CALL } from './configuration.ts'
import type { DataPlane } from './data-plane.ts'
import { mapCalls } from './maps.ts'
import type { Reload } from './models.ts'
import { readableReason } from './reason.ts'
import { runtimeCalls } from './runtime.ts'
import { storageCalls } from './storage.ts'
import { transactionCalls } from './transactions.ts'

export type DataPlaneOptions = CallsOptions

/** A client of one node's Data Plane API, of version 3. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const calls = createCalls(options)
  return {
    url: options.url,

    async info(call) {
      const { data } = await calls.get('/v3/info', call)
      return { version: (data as { api?: { version?: string } } | null)?.api?.version ?? '' }
    },

    ...configurationCalls(calls),
    ...transactionCalls(calls),
    ...backendCalls(calls),
    ...mapCalls(calls),
    ...runtimeCalls(calls),
    ...storageCalls(calls),
    ...certificateCalls(calls),

    async reload(id, call) {
      const { status, data } = await calls.get(`/reloads/${encodeURIComponent(id)}`, { ...call, expect: [404] })
      if (status === 404) return null
      const reload = data as Reload
      return reload.status === 'failed' ? { ...reload, response: readableReason(reload.response ?? '') } : reload
    },

    async closeConnections(targets, { table, ...call } = {}) {
      const options = { ...call, query: { table }, json: targets, expect: NO_SUCH_CALL }
      const answer = await calls.delete('/runtime/sessions', options)
      return answer.status === 200
    },
  }
}
