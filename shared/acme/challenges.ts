import type { Kv } from '../kv/kv.ts'
import { type Mirror, mirrorOf } from '../kv/mirror.ts'
import type { Log } from '../log/log.ts'
import { ACME_CHALLENGES, type ChallengeRecord } from './records.ts'

/** Where an ACME server looks for the answer (RFC 8555 8.3). */
export const challengePath = (token: string): string => `/.well-known/acme-challenge/${token}`

/** The answers that HAProxy gives to ACME servers, by their path, whichever front has asked for a certificate. */
export function challengeAnswers(kv: Kv, log: Log): Mirror<string> {
  return mirrorOf<ChallengeRecord, string>({
    kv,
    prefix: ACME_CHALLENGES,
    pick: ({ answer }) => answer,
    nameOf: (key) => challengePath(key.slice(ACME_CHALLENGES.length)),
    what: 'the answers to challenges',
    log,
  })
}
