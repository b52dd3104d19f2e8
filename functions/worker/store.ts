import { DurableObject } from 'cloudflare:workers'
import { AppError } from '../../shared/errors.ts'
import { DURABLE_OBJECT_LIMITS, type StoreStub, type WatchLine } from '../../shared/kv/durable-object.ts'
import type { Check, Kv, ListOptions, Write } from '../../shared/kv/kv.ts'
import { type SqlDatabase, sqliteKv } from '../../shared/kv/sqlite.ts'

/** Fewer than elsewhere: an object's rows are paid for. */
const KEPT_REVISIONS = 1_000

/** The store of a worker's front: one object, which holds the data and nothing else. The handlers run in the worker. */
export class Store extends DurableObject<Cloudflare.Env> implements StoreStub {
  readonly #kv: Kv

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env)
    this.#kv = sqliteKv(objectSqlDatabase(ctx.storage), { ...DURABLE_OBJECT_LIMITS, keptRevisions: KEPT_REVISIONS })
  }

  get(key: string) {
    return this.#kv.get(key)
  }

  list(prefix: string, options: ListOptions) {
    return this.#kv.list(prefix, options)
  }

  commit(checks: Check[], writes: Write[]) {
    return this.#kv.commit(checks, writes)
  }

  async watch(prefix: string, from: number): Promise<ReadableStream<Uint8Array>> {
    const encoder = new TextEncoder()
    const stop = new AbortController()
    const sets = this.#kv.watch(prefix, { from, signal: stop.signal })[Symbol.asyncIterator]()
    const toBytes = (line: WatchLine) => encoder.encode(`${JSON.stringify(line)}\n`)
    return new ReadableStream({
      type: 'bytes',
      async pull(controller) {
        try {
          const next = await sets.next()
          if (next.done) controller.close()
          else controller.enqueue(toBytes(next.value))
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          controller.enqueue(toBytes({ error: { code: error.code, message: error.message } }))
          controller.close()
        }
      },
      cancel: () => stop.abort(),
    })
  }
}

/** `exec` prepares and caches by itself; what is written is durable before any answer leaves the object. */
function objectSqlDatabase(storage: DurableObjectStorage): SqlDatabase {
  return {
    all: <Row>(sql: string, ...values: (null | number | string)[]) =>
      storage.sql.exec(sql, ...values).toArray() as Row[],
    run: (sql, ...values) => void storage.sql.exec(sql, ...values),
    transaction: (work) => storage.transactionSync(work),
    close: () => undefined,
  }
}
