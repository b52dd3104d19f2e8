import { base64url, errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { ALGORITHM } from './signing-key.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Whom a token speaks for. It holds while the agent's record has the same incarnation and token version. */
interface TokenSubject {
  agentId: string
  /** Another one for each registration, so that a name registered anew inherits nothing. */
  incarnation: string
  /** Raised to revoke all tokens. */
  tokenVersion: number
}

export interface TokenClaims extends TokenSubject {
  tokenId: string
  issuedAtMs: number
  expiresAtMs: number
}

export interface AgentTokens {
  issueToken(subject: TokenSubject): Promise<string>
  /** Throws UNAUTHORIZED for anything but a token of ours in its time. The caller compares it with the agent's record. */
  verifyToken(text: string): Promise<TokenClaims>
}

export interface AgentTokensOptions {
  keys: SigningKeys
  issuer: string
  audience: string
  now: () => number
  random: (length: number) => Uint8Array<ArrayBuffer>
}

/** Says what kind of token it is (RFC 8725, 3.11): nothing else that these keys may sign one day passes for one. */
const TYPE = 'agent+jwt'
const CLOCK_TOLERANCE_SECONDS = 5
/** Ours have some 500. */
const MAX_LENGTH = 2_048
const TOKEN_ID_BYTES = 16
const KID = /^[\w-]{43}$/

const seconds = z.int().min(0)
const Claims = z.object({
  sub: z.string().min(1).max(63),
  aud: z.string(),
  jti: z.string().min(1).max(64),
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  inc: z.string().min(1).max(64),
  ver: seconds,
})

export function createAgentTokens({ keys, issuer, audience, now, random }: AgentTokensOptions): AgentTokens {
  const findKey = async (header: JWTHeaderParameters) => {
    const key = await keys.find(kidOf(header))
    if (!key) throw invalid()
    return key.publicKey
  }

  return {
    async issueToken({ agentId, incarnation, tokenVersion }) {
      const { kid, privateKey } = await keys.current()
      const iat = Math.floor(now() / 1_000)
      const times = { iat, nbf: iat, exp: iat + keys.tokenTtlSeconds }
      const jti = base64url.encode(random(TOKEN_ID_BYTES))
      const claims = { iss: issuer, aud: audience, sub: agentId, jti, ...times, inc: incarnation, ver: tokenVersion }
      return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid }).sign(privateKey)
    },

    async verifyToken(text) {
      if (text.length > MAX_LENGTH) throw invalid()
      const { payload } = await jwtVerify(text, findKey, {
        algorithms: [ALGORITHM],
        issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now()),
      }).catch(refuse)
      return toTokenClaims(payload)
    },
  }
}

/** Exactly the header that we write: no `jwk`, `jku`, `x5c` or `crit` is ever looked at. */
function kidOf({ alg: _, typ, kid, ...others }: JWTHeaderParameters): string {
  if (typ !== TYPE || typeof kid !== 'string' || !KID.test(kid) || Object.keys(others).length > 0) throw invalid()
  return kid
}

function toTokenClaims(payload: unknown): TokenClaims {
  const parsed = Claims.safeParse(payload)
  if (!parsed.success) throw invalid()
  const { sub, inc, ver, jti, iat, exp } = parsed.data
  const times = { issuedAtMs: iat * 1_000, expiresAtMs: exp * 1_000 }
  return { agentId: sub, incarnation: inc, tokenVersion: ver, tokenId: jti, ...times }
}

/** A store that does not answer is no fault of the token. */
function refuse(error: unknown): never {
  if (error instanceof errors.JWTExpired)
    throw new AppError('UNAUTHORIZED', 'The token has expired: authenticate again')
  throw error instanceof errors.JOSEError ? invalid() : error
}

const invalid = () => new AppError('UNAUTHORIZED', 'The token is not valid: authenticate again')
