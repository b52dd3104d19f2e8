import { FRONT } from '../audit/front-actor.ts'
import type { EdgeRecord } from '../certificates/records.ts'
import { edgeKey } from '../certificates/store-keys.ts'
import type { Entry } from '../kv/kv.ts'
import type { Log } from '../log/log.ts'
import { type Account, openAccount } from './account.ts'
import { pauseAfter } from './back-off.ts'
import { acmeClient, type Registration, renewalWindow } from './client.ts'
import type { AcmeConnection } from './connection.ts'
import { type HeldName, heldName, NotOurs } from './held-name.ts'
import { freshName, needOf } from './need.ts'
import { idOf, type ObtainingOptions, obtain } from './obtain.ts'
import { OrderRefused, StillWaiting } from './order.ts'
import { AcmeProblem, isLimit, isPassing } from './problem.ts'
import { EDGE_FAIL, type NameRecord } from './records.ts'
import { momentWithin, nextLookMs } from './renewal.ts'

export interface NameWorkOptions extends ObtainingOptions {
  connection: AcmeConnection
  directory: string
  registration: Registration
  log: Log
}

export interface NameWork {
  /** Does for a name what has to be done, and keeps what became of it. Never fails. */
  tend(entry: Entry<NameRecord>, signal: AbortSignal): Promise<void>
  /** The server has had enough of orders for now, or is not there. */
  readonly quietUntilMs: number
}

/** So many names in a row for which the server has had enough, or was not there, are no matter of one name. */
const MOST_IN_A_ROW = 3
/** Half an hour for a server that is not there, some hours for one that has had enough. */
const MOST_ROUNDS = 7

export function nameWork(options: NameWorkOptions): NameWork {
  const { kv, audit, now, chance, connection, directory, log } = options
  let account: Promise<Account> | undefined
  let [inARow, quietUntilMs] = [0, 0]

  /** Asked for once, also by many names at a time. */
  const opened = (signal: AbortSignal): Promise<Account> => {
    account ??= openAccount(options, signal).catch((error) => {
      account = undefined
      throw error
    })
    return account
  }

  const order = async (held: HeldName, signal: AbortSignal) => {
    const there = await opened(signal)
    await obtain(
      held,
      { client: acmeClient(connection, { key: there.key, kid: there.kid }, signal), account: there },
      options,
      signal,
    )
    inARow = 0
    log.info(`The certificate for ${held.record.name} is there`, { name: held.record.name })
  }

  const look = async (held: HeldName, signal: AbortSignal) => {
    const { record } = held
    const certificate = await kv.get<EdgeRecord>(edgeKey(record.name))
    const id = certificate && (await idOf(certificate.value))
    if (record.renewal === null || id === null) return
    const window = await renewalWindow(connection, id, signal)
    const lookAtMs = now() + nextLookMs(window?.retryAfterMs ?? null)
    const atMs = window === null ? record.renewal.atMs : momentOf(record.renewal.atMs, window.value)
    await held.write({ ...record, renewal: { atMs, lookAtMs } })
  }

  /** What was chosen within the window stays. */
  const momentOf = (atMs: number, window: { startMs: number; endMs: number }) =>
    window.startMs <= atMs && atMs <= window.endMs ? atMs : momentWithin(window, chance())

  const failed = async (held: HeldName, error: unknown) => {
    const { record } = held
    if (error instanceof StillWaiting) {
      return held.write({ ...record, nextTryAtMs: now() + error.retryAfterMs })
    }
    const failures = record.failures + 1
    const pauseMs = pauseAfter(error, failures, chance())
    if (error instanceof AcmeProblem && (isLimit(error) || isPassing(error))) {
      inARow += 1
      const rounds = Math.min(inARow - MOST_IN_A_ROW + 1, MOST_ROUNDS)
      if (rounds > 0) quietUntilMs = Math.max(quietUntilMs, now() + pauseAfter(error, rounds, chance()))
    }
    const lastError = error instanceof Error ? error.message : String(error)
    log.warn(`No certificate for ${record.name}: ${lastError}`, { name: record.name, failures, pauseMs })
    const isOver = error instanceof OrderRefused || isForgotten(error)
    const told = audit.entry(FRONT, {
      action: EDGE_FAIL,
      target: record.name,
      outcome: 'refused',
      details: { lastError, failures },
    })
    const next = { ...record, order: isOver ? null : record.order, failures, lastError, nextTryAtMs: now() + pauseMs }
    await held.write(next, { checks: [], writes: [told] })
  }

  return {
    async tend(entry, signal) {
      const isElsewhere = entry.value.directory !== directory
      const value = isElsewhere ? freshName(entry.value.name, directory) : entry.value
      const held = heldName(kv, { ...entry, value })
      const need = needOf(value, { directory, nowMs: now() })
      try {
        if (need === 'order') await order(held, signal)
        if (need === 'look') await look(held, signal)
      } catch (error) {
        // Whoever wrote meanwhile, or comes after this front, goes on with it.
        if (error instanceof NotOurs || signal.aborted) return
        await failed(held, error).catch((cause) => log.warn('Could not keep what became of an order', { error: cause }))
      }
    },
    get quietUntilMs() {
      return quietUntilMs
    },
  }
}

/** Servers forget orders that nobody finished. */
const isForgotten = (error: unknown): boolean =>
  error instanceof AcmeProblem && (error.status === 404 || error.type === 'malformed' || error.type === 'orderNotReady')
