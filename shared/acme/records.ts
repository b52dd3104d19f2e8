/** What the store holds. Types and not interfaces, so that they count as JSON. */

/** Who this front is at one ACME server. */
export type AccountRecord = {
  directory: string
  sealedKey: string
  /** `null`: the server has not said yet. */
  url: string | null
}

/** What was written into the zone for a challenge, and has to go again. */
export type TextRecord = { name: string; value: string }

/** An order that is under way. What is known of it besides, the server knows. */
export type OrderRecord = {
  /** `null`: asked for, and the answer not yet kept. */
  url: string | null
  /** The certificate's key, so that whoever goes on can use what the server signs. */
  sealedKey: string
  text: TextRecord | null
  begunAtMs: number
}

/** A name that is to have a certificate. */
export type NameRecord = {
  name: string
  /** Of the server that it is, or was last, ordered from. */
  directory: string
  order: OrderRecord | null
  /** In a row. */
  failures: number
  lastError: string | null
  /** It is left alone before. */
  nextTryAtMs: number
  /** Of the certificate that there is; null: there is none from this server. */
  renewal: { atMs: number; lookAtMs: number } | null
  /** Nobody wants it any more: its certificate is served until it expires. */
  unwanted?: true
}

/** The answer to an HTTP-01 challenge. */
export type ChallengeRecord = { answer: string }

export const ACME_ACCOUNTS = 'acme/accounts/'
export const accountKeyOf = (id: string) => `${ACME_ACCOUNTS}${id}`

/** What the audit log calls it when a name gets no certificate. */
export const EDGE_FAIL = 'edge.fail'

export const ACME_NAMES = 'acme/names/'
export const nameKey = (name: string) => `${ACME_NAMES}${name}`

export const ACME_CHALLENGES = 'acme/challenges/'
export const challengeKey = (token: string) => `${ACME_CHALLENGES}${token}`

/** Whoever has it carries out the orders. */
export const ACME_LEASE = 'acme/lease'
