import type { Configuration } from '../../../shared/haproxy-text/index.ts'
import { ApiError } from '../api-error.ts'
import type { Change, ReloadChoice } from '../engine.ts'
import { type Answer, booleanQuery, type Call, integerQuery } from './call.ts'
import type { Context } from './context.ts'

/** Statuses of a change: without a reload yet, and done. */
interface Statuses {
  done: number
}

/** Lets `work` change the configuration, in the transaction that the call names, or by version. */
export async function changeConfiguration(
  context: Context,
  call: Call,
  { done }: Statuses,
  work: (configuration: Configuration) => Configuration,
  json?: unknown,
): Promise<Answer> {
  const transactionId = call.query.get('transaction_id')
  const version = integerQuery(call, 'version')
  const force = booleanQuery(call, 'force_reload')
  if (transactionId !== null && version !== null)
    throw new ApiError(400, 'both version and transaction specified, specify only one')
  if (transactionId !== null) {
    if (force) throw new ApiError(400, 'Both force_reload and transaction specified, specify only one')
    const transaction = openTransaction(context, transactionId)
    transaction.configuration = work(transaction.configuration)
    return { status: 202, json }
  }
  if (version === null) throw missingVersion()
  const change = await context.engine.change(version, work, force ? 'now' : 'soon')
  return { status: force ? done : 202, json, headers: reloadHeader(change) }
}

export const missingVersion = () =>
  new ApiError(400, 'version or transaction not specified: version or transaction not specified, specify only one')

export const reloadHeader = ({ reloadId }: Change): Record<string, string> =>
  reloadId ? { 'Reload-ID': reloadId } : {}

export const reloadChoice = (call: Call): ReloadChoice =>
  booleanQuery(call, 'force_reload') ? 'now' : booleanQuery(call, 'skip_reload') ? 'never' : 'soon'

function openTransaction({ transactions }: Context, id: string) {
  const transaction = transactions.find(id)
  if (transaction?.status !== 'in_progress') throw new ApiError(400, `transaction does not exist: ${id}`)
  return transaction
}

/** What a read sees: the transaction that it names, or what is written. */
export function configurationFor({ store, transactions }: Context, { query }: Call): Configuration {
  const id = query.get('transaction_id')
  if (id === null) return store.configuration
  const transaction = transactions.find(id)
  if (transaction?.status !== 'in_progress') throw new ApiError(400, `transaction does not exist: ${id}`)
  return transaction.configuration
}
