import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { AppError } from '../errors.ts'
import type { SqlDatabase, SqlValue } from './sqlite.ts'

/** SQLite's result codes that the machine is to blame for, and what its owner can do. */
const MACHINE_FAULTS: Record<number, string> = {
  5: 'is in use by another process: stop that one, or give this one another DATA_DIR',
  8: 'cannot be written: give this user write access to it',
  10: 'could not be read or written: look at the disk',
  11: 'is damaged: restore it from an export',
  13: 'could not grow: the disk is full, free some space',
  14: 'cannot be opened: see that its folder exists and that this user may write there',
  26: 'is no database: name another file, or move this one away',
}

/**
 * A database file that is this process's alone, and whose commits are on the disk when they return.
 * The kernel gives the lock back when the process dies, however it dies.
 */
export function nodeSqlDatabase(path: string): SqlDatabase {
  const db = explaining(path, () => openOwned(path))
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known) return known
    const statement = db.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
  return {
    all: <Row>(sql: string, ...values: SqlValue[]) => explaining(path, () => prepare(sql).all(...values) as Row[]),
    run: (sql, ...values) => explaining(path, () => void prepare(sql).run(...values)),
    transaction: (work) =>
      explaining(path, () => {
        prepare('BEGIN IMMEDIATE').run()
        try {
          const result = work()
          prepare('COMMIT').run()
          return result
        } catch (error) {
          // A full disk makes SQLite roll back by itself.
          if (db.isTransaction) prepare('ROLLBACK').run()
          throw error
        }
      }),
    close: () => db.close(),
  }
}

function openOwned(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    // The lock is taken by the first write, which may come late.
    db.exec('BEGIN EXCLUSIVE; COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function explaining<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const fault = MACHINE_FAULTS[resultCode(cause)]
    throw fault ? new AppError('STORE_UNAVAILABLE', `The store ${path} ${fault}`, { cause }) : cause
  }
}

/** The primary code; the upper bits only detail it. */
const resultCode = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
