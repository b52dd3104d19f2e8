import { AppError } from '../errors.ts'

/** What a caller knows of a resource: that there is one, or the states that it may be in. */
export type Tags = '*' | string[]

/** RFC 9110, 13.1: what must be true of a resource for a write to happen. */
export interface Preconditions {
  ifMatch?: Tags
  ifNoneMatch?: Tags
}

/** Compared where the write is decided, under the checks of its commit. `null`: there is no such resource. */
export function assertPreconditions({ ifMatch, ifNoneMatch }: Preconditions, state: string | null): void {
  if (ifMatch !== undefined && !includes(ifMatch, state)) {
    throw failed(
      state === null ? 'there is no such thing' : 'it was changed since you read it: read it again, then decide',
    )
  }
  if (ifNoneMatch !== undefined && includes(ifNoneMatch, state)) throw failed('it is there already (If-None-Match)')
}

/** What a write asks for without being told of the resource that it is about. */
export const NO_PRECONDITIONS: Preconditions = {}

const includes = (tags: Tags, state: string | null): boolean => state !== null && (tags === '*' || tags.includes(state))

const failed = (why: string) => new AppError('PRECONDITION_FAILED', `Nothing was changed: ${why}`)
