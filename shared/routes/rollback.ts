import type { Actor } from '../audit/audit.ts'
import { inputOf } from '../domain/input-of.ts'
import type { Route } from '../domain/route-record.ts'
import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import { findRevision } from './history.ts'
import type { Job } from './job.ts'

export interface Rollback {
  id: string
  revision: number
  actor: Actor
}

/** The write that makes a route say again what it said: it goes the way of every other write, by today's rules. */
export async function rollbackJob(kv: Kv, current: Route | null, { id, revision, actor }: Rollback): Promise<Job> {
  if (!current) throw routeIsGone()
  const then = await findRevision(kv, current, revision)
  if (!then) {
    throw new AppError('REVISION_NOT_FOUND', `The route has no revision ${revision} any more: its history lists them`)
  }
  const input = inputOf(then)
  if (!input) throw new AppError('INVALID_INPUT', `Revision ${revision} says what no route may say any more`)
  const passwords = then.type === 'http' ? then.basicAuth : undefined
  return {
    batch: { upsert: [input], remove: [] },
    actor,
    isSingle: true,
    mustBe: id,
    backTo: revision,
    ...(passwords && { digests: new Map([[input, passwords]]) }),
  }
}

export const routeIsGone = () => new AppError('ROUTE_NOT_FOUND', 'There is no such route')
