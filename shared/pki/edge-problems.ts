import { AppError } from '../errors.ts'
import { ACCEPTED_KEYS } from './accepted-keys.ts'

/** What can be wrong with an uploaded certificate. Positions count from 1, the leaf. None of them holds any of the key. */
export type EdgeProblem =
  | { reason: 'bad_pem'; message: string }
  | { reason: 'no_certificate' }
  | { reason: 'too_many_certificates'; max: number }
  | { reason: 'unreadable_certificate'; position: number }
  | { reason: 'no_key' }
  | { reason: 'several_keys' }
  | { reason: 'encrypted_key' }
  | { reason: 'unreadable_key' }
  | { reason: 'key_not_accepted' }
  | { reason: 'key_does_not_fit' }
  | { reason: 'not_signed_by_next'; position: number }
  | { reason: 'next_is_no_ca'; position: number }
  | { reason: 'not_yet_valid'; position: number; notBeforeMs: number }
  | { reason: 'expired'; position: number; notAfterMs: number }
  | { reason: 'issuer_missing' }
  | { reason: 'not_for_servers' }
  | { reason: 'name_missing'; name: string }

export function edgeError(problems: EdgeProblem[]): AppError {
  const details = problems.map(edgeProblemSentence)
  return new AppError('INVALID_INPUT', details[0] ?? 'The certificate cannot be used', { details })
}

export function edgeProblemSentence(problem: EdgeProblem): string {
  switch (problem.reason) {
    case 'bad_pem':
      return problem.message
    case 'no_certificate':
      return 'There is no certificate in the PEM'
    case 'too_many_certificates':
      return `The chain is longer than ${problem.max} certificates`
    case 'unreadable_certificate':
      return `Certificate ${problem.position} of the PEM cannot be read`
    case 'no_key':
      return 'There is no private key in the PEM'
    case 'several_keys':
      return 'There is more than one private key in the PEM'
    case 'encrypted_key':
      return 'The private key is encrypted: give it without a passphrase'
    case 'unreadable_key':
      return `The private key cannot be read: it must be ${ACCEPTED_KEYS}, in PKCS#8, SEC 1 or PKCS#1`
    case 'key_not_accepted':
      return `The certificate's key must be ${ACCEPTED_KEYS}`
    case 'key_does_not_fit':
      return 'The private key does not belong to the first certificate'
    case 'not_signed_by_next':
      return `Certificate ${problem.position} is not signed by the one after it: the server's own comes first, then each issuer`
    case 'next_is_no_ca':
      return `Certificate ${problem.position + 1} may not sign certificates`
    case 'not_yet_valid':
      return `Certificate ${problem.position} is not valid before ${day(problem.notBeforeMs)}`
    case 'expired':
      return `Certificate ${problem.position} expired on ${day(problem.notAfterMs)}`
    case 'issuer_missing':
      return 'The certificate names an OCSP responder, so its issuer must stand behind it: add the certificate of the CA'
    case 'not_for_servers':
      return 'The certificate is not meant for servers: serverAuth is missing in its extended key usage'
    case 'name_missing':
      return `The certificate is not good for ${problem.name}`
  }
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ').concat(' UTC')
