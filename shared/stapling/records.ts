import type { OcspAnswer } from '../pki/ocsp/answer.ts'

/** How it stands with an edge certificate whose CA runs a responder. A type and not an interface, so that it counts as JSON. */
export type StapleRecord = {
  /** The edge certificate's. */
  name: string
  /** Of the certificate that was asked for. */
  fingerprint: string
  /** The last one that could be believed; `null`: there is none, or it has expired. */
  answer: StapledAnswer | null
  /** In a row. */
  failures: number
  lastError: string | null
  nextTryAtMs: number
}

/** As it came, as base64. */
export type StapledAnswer = OcspAnswer & { der: string }

export const STAPLES = 'certificates/ocsp/'
export const stapleKey = (name: string) => `${STAPLES}${name}`

/** Whoever has it asks the responders. */
export const STAPLING_LEASE = 'certificates/ocsp-lease'
