import { APPLY_TIMEOUT_MS, type Calls } from './calls.ts'
import { objectName, plainBody } from './checks.ts'
import { appliedBy, currentVersion, forgetFailedReload, NO_SUCH_CALL, restoring } from './configuration.ts'
import type { Applied, CallOptions, DataPlane, Transaction } from './data-plane.ts'
import { DataPlaneError, isFault } from './data-plane-error.ts'
import { listOf } from './lists.ts'
import type { Backend } from './models.ts'

/** Others commit between our opening and our commit; with pauses that grow, these are some seconds. */
const TRIES = 10
/** After so many refusals in a row, those who hold the open transactions are taken for dead. */
const TRIES_WITHOUT_PLACE = 4

export function transactionCalls(calls: Calls): Pick<DataPlane, 'transaction'> {
  return {
    async transaction(work, { reload = 'now', ...options } = {}) {
      let withoutPlace = 0
      for (let tries = 1; ; tries++) {
        try {
          return await restoring(calls, options, () => runTransaction(calls, work, reload === 'now', options))
        } catch (error) {
          if (!isFault(error, 'conflict') || options.signal?.aborted) throw error
          if (tries === TRIES) throw new DataPlaneError('conflict', 'Others changed the configuration each time')
          withoutPlace = noPlaceLeft(error) ? withoutPlace + 1 : 0
          if (withoutPlace === TRIES_WITHOUT_PLACE) await outdateOpenTransactions(calls, options)
          await sweepTransactions(calls, options)
          await calls.pause(tries, options.signal)
        }
      }
    },
  }
}

async function runTransaction(
  calls: Calls,
  work: (tx: Transaction) => Promise<void>,
  now: boolean,
  options: CallOptions,
): Promise<Applied> {
  const id = await openTransaction(calls, options)
  const path = `/transactions/${encodeURIComponent(id)}`
  try {
    await work(writesInto(calls, id, options))
    const query = now ? { force_reload: true } : {}
    return appliedBy(await commit(calls, path, { timeoutMs: APPLY_TIMEOUT_MS, ...options, query }))
  } catch (error) {
    // Without the caller's signal: it may be the reason why we are here.
    await calls.delete(path, { expect: [404] }).catch(() => {})
    throw error
  }
}

async function openTransaction(calls: Calls, options: CallOptions): Promise<string> {
  const version = await currentVersion(calls, options)
  const { data } = await calls.post('/transactions', { ...options, query: { version } })
  const { id } = (data ?? {}) as { id?: unknown }
  if (typeof id !== 'string') throw new DataPlaneError('unreachable', 'A transaction without an id')
  return id
}

/** One that is gone was made outdated by another's commit. Never sent twice: the first may have been carried out. */
async function commit(calls: Calls, path: string, options: CallOptions & { query: object }) {
  const answer = await calls.putOnce(path, { ...options, query: { ...options.query }, expect: [404] })
  if (answer.status === 404) throw new DataPlaneError('conflict', 'The transaction is gone', { status: 404 })
  return answer
}

function writesInto(calls: Calls, id: string, options: CallOptions): Transaction {
  const query = { transaction_id: id, full_section: true }
  const pathOf = (name: string) => `/configuration/backends/${encodeURIComponent(objectName(name))}`
  const body = (backend: Backend) => {
    objectName(backend.name)
    return { ...options, query, json: plainBody(backend) }
  }
  return {
    id,
    async createBackend(backend) {
      await calls.post('/configuration/backends', body(backend))
    },
    async replaceBackend(backend) {
      await calls.put(pathOf(backend.name), body(backend))
    },
    async checkAhead() {
      const path = `/transactions/${encodeURIComponent(id)}/check`
      await calls.post(path, { timeoutMs: APPLY_TIMEOUT_MS, ...options, expect: NO_SUCH_CALL })
    },
    async deleteBackend(name) {
      const answer = await calls.delete(pathOf(name), { ...options, query: { transaction_id: id }, expect: [404] })
      if (answer.status === 404 && /transaction/.test(answer.text)) throw new DataPlaneError('conflict', 'outdated')
    },
  }
}

function noPlaceLeft(error: unknown): boolean {
  return error instanceof DataPlaneError && error.status === 429
}

/**
 * A front that was killed leaves its transactions open, and the API counts them for ever. After a write of the same
 * configuration they are of an older version, and whoever still works in one starts again as after any other's commit.
 */
async function outdateOpenTransactions(calls: Calls, options: CallOptions): Promise<void> {
  await forgetFailedReload(calls, options)
}

interface Listed {
  id: string
  status: string
  _version?: number
}

/** Those that can never be committed: the API keeps them, and counts the open ones among them. */
async function sweepTransactions(calls: Calls, options: CallOptions): Promise<void> {
  const all = listOf<Listed>(await calls.get('/transactions', options))
  const version = await currentVersion(calls, options)
  for (const { id, status, _version } of all) {
    const open = status === 'in_progress' && (_version ?? version) >= version
    if (!open) await calls.delete(`/transactions/${encodeURIComponent(id)}`, { ...options, expect: [404] })
  }
}
