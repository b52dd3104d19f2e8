import { randomUUID } from 'node:crypto'
import type { Configuration } from '../../shared/haproxy-text/index.ts'
import { ApiError } from './api-error.ts'

export interface Transaction {
  id: string
  /** The version that it is based on. */
  base: number
  status: 'in_progress' | 'failed' | 'outdated' | 'success'
  configuration: Configuration
}

export interface Transactions {
  open(base: number, configuration: Configuration): Transaction
  find(id: string): Transaction | null
  list(status: string | null): Transaction[]
  remove(id: string): void
  /** A newer version is there: what is open on an older one cannot be committed any more. */
  outdate(version: number): void
}

const MOST_OPEN = 4
/** Of those that nobody deletes. */
const MOST_CLOSED = 100

export function createTransactions(): Transactions {
  const all = new Map<string, Transaction>()
  const count = (isOpen: boolean) => [...all.values()].filter((each) => (each.status === 'in_progress') === isOpen)

  return {
    open(base, configuration) {
      if (count(true).length >= MOST_OPEN)
        throw new ApiError(
          429,
          `cannot start a new transaction, reached the maximum amount of ${MOST_OPEN} active transactions available`,
        )
      for (const old of count(false).slice(0, -MOST_CLOSED)) all.delete(old.id)
      const transaction: Transaction = { id: randomUUID(), base, status: 'in_progress', configuration }
      all.set(transaction.id, transaction)
      return transaction
    },
    find: (id) => all.get(id) ?? null,
    list: (status) => [...all.values()].filter((each) => status === null || each.status === status),
    remove: (id) => void all.delete(id),
    outdate(version) {
      for (const each of count(true)) if (each.base < version) each.status = 'outdated'
    },
  }
}
