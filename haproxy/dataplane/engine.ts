import { type Configuration, sameButForServers } from '../../shared/haproxy-text/index.ts'
import { createGate } from '../../shared/lib/gate.ts'
import { ApiError } from './api-error.ts'
import type { ConfigurationStore } from './configuration-store.ts'
import type { ReloadResult } from './process/reload.ts'
import type { Reloads } from './reloads.ts'
import type { Transaction, Transactions } from './transactions.ts'

/** When a change reaches the worker. */
export type ReloadChoice = 'now' | 'soon' | 'never'

export interface Change {
  reloadId: string | null
}

/** Changes of the configuration, one at a time: checked by HAProxy, written, and loaded. */
export interface Engine {
  /** Based on this version; fails with 409 when there is another. */
  change(
    version: number,
    work: (configuration: Configuration) => Configuration | Promise<Configuration>,
    reload: ReloadChoice,
  ): Promise<Change>
  commit(transaction: Transaction, reload: ReloadChoice): Promise<Change>
  /** Whatever the version is now; it becomes this one. */
  replace(configuration: Configuration, version: number, reload: ReloadChoice): Promise<Change>
  reload(choice: ReloadChoice): Promise<Change>
  /** One after the other with all of these. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

interface Parts {
  store: ConfigurationStore
  transactions: Transactions
  reloads: Reloads
}

export function createEngine({ store, transactions, reloads }: Parts): Engine {
  const inTurn = createGate().run
  const reload = async (choice: ReloadChoice): Promise<Change> => {
    if (choice === 'soon') return { reloadId: reloads.request() }
    if (choice === 'now') failUnlessOk(await reloads.force())
    return { reloadId: null }
  }
  const write = async (configuration: Configuration, version: number | undefined, choice: ReloadChoice) => {
    // Whoever changes nothing but servers, and wants no reload, has brought them to the worker.
    const isLoaded = choice === 'never' && store.isGood() && sameButForServers(store.configuration, configuration)
    await store.write(configuration, version)
    if (isLoaded) await store.markGood()
    transactions.outdate(store.version)
    return reload(choice)
  }
  return {
    inTurn,
    reload: (choice) => inTurn(() => reload(choice)),
    change: (version, work, choice) =>
      inTurn(async () => {
        checkVersion(store.version, version)
        return write(await work(store.configuration), undefined, choice)
      }),
    replace: (configuration, version, choice) => inTurn(() => write(configuration, version, choice)),
    commit: (transaction, choice) =>
      inTurn(async () => {
        transactions.outdate(store.version)
        checkOpen(transaction)
        try {
          await store.write(transaction.configuration)
        } catch (error) {
          // HAProxy does not want it; a disk that is full may have room again.
          if (error instanceof ApiError && error.status === 400) transaction.status = 'failed'
          throw error
        }
        transaction.status = 'success'
        transactions.remove(transaction.id)
        transactions.outdate(store.version)
        return reload(choice)
      }),
  }
}

export function checkVersion(current: number, given: number): void {
  if (current !== given)
    throw new ApiError(409, `version mismatch: version in configuration file is ${current}, given version is ${given}`)
}

function checkOpen({ id, status }: Transaction): void {
  if (status !== 'in_progress') throw new ApiError(406, `transaction ${id} is ${status} and cannot be committed`)
}

function failUnlessOk({ ok, response }: ReloadResult): void {
  if (!ok) throw new ApiError(400, `Reload failed: failed to reload configuration, ${response}`)
}
