import { randomBytes } from 'node:crypto'
import { RANDOM_KEY } from '../../shared/domain/random-key.ts'

/** A key that nobody guesses, in the form that the front checks fastest. */
export const newAgentKey = (): string => RANDOM_KEY.prefix + randomBytes(RANDOM_KEY.bytes).toString('base64url')
