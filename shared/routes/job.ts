import type { Actor } from '../audit/audit.ts'
import type { Preconditions } from '../domain/preconditions.ts'
import type { Batch, Problem } from './batch.ts'
import type { Digests } from './passwords.ts'

/** What is to be done in one commit, and under which conditions. */
export interface Job {
  batch: Batch
  actor: Actor
  /** What is wrong is told without its place. */
  isSingle?: boolean
  /** There is something to remove. */
  mustExist?: boolean
  /** What was found wrong before: nothing is changed, and the rest is looked at all the same. */
  wrong?: Problem[] | undefined
  /** Of the one route that is put, or of each that is removed. */
  preconditions?: Preconditions | undefined
  /** The id of the route that is put: it must be there. */
  mustBe?: string
  /** The revision whose words these are, for the audit log. */
  backTo?: number
  /** Of passwords that nobody knows any more. */
  digests?: Digests
}
