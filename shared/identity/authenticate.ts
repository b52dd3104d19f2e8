import type { AccessTokens, TokenKind } from './access-tokens.ts'
import type { Agents } from './agents.ts'
import type { TokenClaims } from './jwt.ts'
import type { Logins } from './logins.ts'
import type { Principal } from './principal.ts'
import { assertActive, revoked, unauthorized } from './standing.ts'

/** What a request brought to show who it is from. */
export type Credentials =
  | { kind: 'bearer'; token: string }
  | { kind: 'key'; agentId: string; agentKey: string; address: string }
  | { kind: 'none' }

export interface AuthenticateOptions {
  agents: Pick<Agents, 'find'>
  tokens: Pick<AccessTokens, 'find'>
  logins: Logins
  verifyToken(text: string): Promise<TokenClaims>
}

const CALLER_KINDS: TokenKind[] = ['admin', 'read-only', 'metrics']

export type Authenticate = (credentials: Credentials) => Promise<Principal>

export function createAuthenticate({ agents, tokens, logins, verifyToken }: AuthenticateOptions): Authenticate {
  const byJwt = async (token: string): Promise<Principal> => {
    const { agentId, incarnation, tokenVersion, expiresAtMs } = await verifyToken(token)
    const agent = await agents.find(agentId)
    if (agent?.incarnation !== incarnation || agent.tokenVersion !== tokenVersion) {
      throw revoked()
    }
    assertActive(agent)
    return { kind: 'agent', agentId, agent, expiresAtMs }
  }

  const byAccessToken = async (text: string): Promise<Principal> => {
    const entry = await tokens.find(text, CALLER_KINDS)
    if (!entry) throw unauthorized('This token is not known, or no longer valid')
    const { kind, name, id, expiresAt } = entry.value
    const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt)
    return { kind: kind as 'admin', name: name ?? id, tokenId: id, expiresAtMs }
  }

  return async (credentials) => {
    switch (credentials.kind) {
      case 'none':
        throw unauthorized('Credentials are missing: send "authorization: Bearer <token>"')
      case 'bearer':
        // A JWT has two dots; our own tokens have none.
        return credentials.token.includes('.') ? byJwt(credentials.token) : byAccessToken(credentials.token)
      case 'key': {
        const agent = await logins.check(credentials)
        assertActive(agent)
        return { kind: 'agent', agentId: agent.agentId, agent, expiresAtMs: null }
      }
    }
  }
}
