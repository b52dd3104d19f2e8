import { AppError } from '../errors.ts'

/** The TXT records of a name; none where there is no such name. Fails with RESOLVER_UNAVAILABLE where nobody could say. */
export type Texts = (name: string) => Promise<string[]>

/** For a platform that cannot ask. */
export const noTexts: Texts = async (name) => {
  throw new AppError('RESOLVER_UNAVAILABLE', `The name ${name} cannot be looked for by this front: it has no resolver`)
}
