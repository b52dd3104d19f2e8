/** Where the store has what. */

/** All CAs in one value, so that whoever adds one does so under one check. */
export const AUTHORITIES = 'ca/authorities'

export const AGENT_CERTIFICATES = 'certificates/agents/'
export const agentCertificateKey = (agentId: string) => `${AGENT_CERTIFICATES}${agentId}`

/** By the time at which they expire, so that what expires next is found without a look at all the others. */
export const EXPIRIES = 'certificates/expiries/'
const DIGITS_OF_MS = 15
export const expiriesUntil = (ms: number) => `${EXPIRIES}${String(Math.floor(ms)).padStart(DIGITS_OF_MS, '0')}`
export const expiryKey = (notAfterMs: number, agentId: string) => `${expiriesUntil(notAfterMs)}/${agentId}`

/** The front's own, for the agents' ingresses. */
export const FRONT_CERTIFICATE = 'certificates/front'

export const EDGE_CERTIFICATES = 'certificates/edge/'
export const edgeKey = (name: string) => `${EDGE_CERTIFICATES}${name}`

export const REVOKED = 'certificates/revoked/'
/** What a CA has revoked. */
export const revokedOf = (caId: string) => `${REVOKED}${caId}/`
export const revokedKey = (caId: string, serial: string) => `${revokedOf(caId)}${serial}`

export const crlKey = (caId: string) => `crl/lists/${caId}`
/** A list may be longer than a value of the store, so its text lies in parts. */
export const crlPartKey = (caId: string, number: number, part: number) => `crl/parts/${caId}/${number}/${part}`
/** What was revoked since the list was signed: one key each, so that no two who revoke get in each other's way. */
export const crlDueOf = (caId: string) => `crl/due/${caId}/`
export const crlDueKey = (caId: string, serial: string) => `${crlDueOf(caId)}${serial}`
