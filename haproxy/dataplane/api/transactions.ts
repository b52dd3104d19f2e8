import { ApiError } from '../api-error.ts'
import { checkVersion } from '../engine.ts'
import type { Transaction } from '../transactions.ts'
import {
  type Answer,
  booleanQuery,
  type Call,
  enumQuery,
  integerQuery,
  noContent,
  ok,
  param,
  type Route,
} from './call.ts'
import { reloadHeader } from './configuration-change.ts'
import type { Context } from './context.ts'

const PATH = '/services/haproxy/transactions'

export function transactionRoutes(context: Context): Route[] {
  return [
    { method: 'GET', path: PATH, handle: (call) => list(context, call) },
    { method: 'POST', path: PATH, handle: (call) => open(context, call) },
    { method: 'GET', path: `${PATH}/{id}`, handle: (call) => ok(shown(existing(context, call))) },
    { method: 'PUT', path: `${PATH}/{id}`, handle: (call) => commit(context, call) },
    { method: 'DELETE', path: `${PATH}/{id}`, handle: (call) => remove(context, call) },
    { method: 'POST', path: `${PATH}/{id}/check`, handle: (call) => checkAhead(context, call) },
  ]
}

const list = ({ transactions }: Context, call: Call) =>
  ok(transactions.list(enumQuery(call, 'status', ['failed', 'in_progress'])).map(shown))

function open({ transactions, store }: Context, call: Call): Answer {
  const version = integerQuery(call, 'version')
  if (version === null) throw new ApiError(400, 'Query argument version is required, but not found')
  checkVersion(store.version, version)
  return { status: 201, json: shown(transactions.open(version, store.configuration)) }
}

async function commit(context: Context, call: Call): Promise<Answer> {
  const transaction = existing(context, call)
  const force = booleanQuery(call, 'force_reload')
  const change = await context.engine.commit(transaction, force ? 'now' : 'soon')
  return { status: force ? 200 : 202, json: shown(transaction), headers: reloadHeader(change) }
}

/** A call of our own: whoever commits next, and has something locked meanwhile, does not wait for the check. */
async function checkAhead(context: Context, call: Call): Promise<Answer> {
  const transaction = existing(context, call)
  await context.engine.inTurn(() => context.store.checkAhead(transaction.configuration))
  return noContent
}

function remove(context: Context, call: Call): Answer {
  const id = param(call, 'id')
  if (!context.transactions.find(id)) throw missing(`transaction file ${id}`)
  context.transactions.remove(id)
  return noContent
}

function existing({ transactions }: Context, call: Call): Transaction {
  const id = param(call, 'id')
  const transaction = transactions.find(id)
  if (!transaction) throw missing(`transaction ${id}`)
  return transaction
}

const missing = (what: string) => new ApiError(404, `transaction does not exist: ${what} does not exist`)

const shown = ({ id, status, base }: Transaction) =>
  status === 'in_progress' || status === 'success' ? { _version: base, id, status } : { id, status }
