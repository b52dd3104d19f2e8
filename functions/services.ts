import { type Audit, createAudit } from '../shared/audit/audit.ts'
import { type Certificates, createCertificates } from '../shared/certificates/certificates.ts'
import { type AccessTokens, accessTokens } from '../shared/identity/access-tokens.ts'
import { newAgentKey, storeKey } from '../shared/identity/agent-key.ts'
import { type Agents, createAgents } from '../shared/identity/agents.ts'
import { type Authenticate, createAuthenticate } from '../shared/identity/authenticate.ts'
import { fewAtOnce } from '../shared/identity/few-at-once.ts'
import { type AgentTokens, createAgentTokens } from '../shared/identity/jwt.ts'
import type { KeyedHash } from '../shared/identity/keyed-hash.ts'
import { rememberingKeys } from '../shared/identity/known-keys.ts'
import { createLoginThrottle } from '../shared/identity/login-throttle.ts'
import { createLogins, type Logins } from '../shared/identity/logins.ts'
import { createSigningKeys, type SigningKeys } from '../shared/identity/signing-keys.ts'
import type { Kv } from '../shared/kv/kv.ts'
import type { Vault } from '../shared/pki/index.ts'
import type { Settings } from './settings.ts'

/** What the handlers call. Each is made of the store and of what was made before it. */
export interface Services {
  audit: Audit
  tokens: AccessTokens
  agents: Agents
  logins: Logins
  signingKeys: SigningKeys
  agentTokens: AgentTokens
  certificates: Certificates
  authenticate: Authenticate
  newAgentKey: () => string
}

export interface ServicesOptions {
  kv: Kv
  hash: KeyedHash
  vault: Vault
  settings: Settings
  now: () => number
  newId: () => string
  random: (length: number) => Uint8Array<ArrayBuffer>
}

export function createServices({ kv, hash, vault, settings, now, newId, random }: ServicesOptions): Services {
  const audit = createAudit({ kv, now, newId, keptDays: settings.auditDays })
  const tokens = accessTokens({ kv, hash, now, random })
  const certificates = createCertificates({ kv, vault, audit, now, random, settings })
  const slowHashes = fewAtOnce()
  const keys = {
    store: (key: string) => storeKey(key, { hash, fewAtOnce: slowHashes, random }),
    check: rememberingKeys({ hash, fewAtOnce: slowHashes }, now),
  }
  const agents = createAgents({
    kv,
    tokens,
    audit,
    keys,
    belongings: certificates.belongings,
    revocations: certificates.revocations,
    now,
    newId,
    releaseSeconds: settings.releaseSeconds,
  })
  const logins = createLogins({ agents, keys, throttle: createLoginThrottle({ now }) })
  const signingKeys = createSigningKeys({ kv, vault, now, tokenTtlSeconds: settings.jwtTtlSeconds })
  const agentTokens = createAgentTokens({
    keys: signingKeys,
    issuer: `https://${settings.apiHost}`,
    audience: 'cloudlunacy-front',
    now,
    random,
  })
  return {
    audit,
    tokens,
    agents,
    logins,
    signingKeys,
    agentTokens,
    certificates,
    authenticate: createAuthenticate({ agents, tokens, logins, verifyToken: agentTokens.verifyToken }),
    newAgentKey: () => newAgentKey(random),
  }
}
