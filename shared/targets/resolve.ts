import { AppError } from '../errors.ts'

/** What a name stands for. */
export interface NameAnswer {
  /** At least one. */
  addresses: string[]
  ttlSeconds: number
}

/** Fails with an AppError: TARGET_REFUSED where there is no such name, RESOLVER_UNAVAILABLE where nobody could say. */
export type Resolve = (name: string) => Promise<NameAnswer>

/** For a platform that cannot ask. */
export const noNames: Resolve = async (name) => {
  throw new AppError('TARGET_REFUSED', `The name ${name} cannot be resolved by this front: give an IP address`)
}

/** Nobody can say at this moment. */
export const unresolved = (name: string, cause: unknown): AppError =>
  new AppError('RESOLVER_UNAVAILABLE', `The name ${name} could not be resolved at this moment: try again`, { cause })
