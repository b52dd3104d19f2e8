import { type AccessLog, createAccessLog } from '../shared/access-log/access-log.ts'
import { type AcmePlatform, type AcmeService, openAcme } from '../shared/acme/open-acme.ts'
import { type AlertPlatform, type Alerts, createAlerts } from '../shared/alerts/alerts.ts'
import { type Audit, createAudit } from '../shared/audit/audit.ts'
import { type Backends, createBackends } from '../shared/backends/backends.ts'
import { type Certificates, createCertificates } from '../shared/certificates/certificates.ts'
import { createEvents, type Events, type EventsTuning } from '../shared/events/events.ts'
import type { Gateway } from '../shared/gateway/gateway.ts'
import { createKeptAnswers, type KeptAnswers } from '../shared/idempotency/kept-answers.ts'
import { type AccessTokens, accessTokens } from '../shared/identity/access-tokens.ts'
import { newAgentKey, storeKey } from '../shared/identity/agent-key.ts'
import { type Agents, createAgents, type Part } from '../shared/identity/agents.ts'
import { type Authenticate, createAuthenticate } from '../shared/identity/authenticate.ts'
import { fewAtOnce } from '../shared/identity/few-at-once.ts'
import { type AgentTokens, createAgentTokens } from '../shared/identity/jwt.ts'
import type { KeyedHash } from '../shared/identity/keyed-hash.ts'
import { rememberingKeys } from '../shared/identity/known-keys.ts'
import { createLoginThrottle } from '../shared/identity/login-throttle.ts'
import { createLogins, type Logins } from '../shared/identity/logins.ts'
import { createSigningKeys, type SigningKeys } from '../shared/identity/signing-keys.ts'
import type { Kv } from '../shared/kv/kv.ts'
import type { Log } from '../shared/log/log.ts'
import type { NodePlaces } from '../shared/nodes/node-places.ts'
import { createNodes, type Nodes } from '../shared/nodes/nodes.ts'
import type { Vault } from '../shared/pki/index.ts'
import { createProviderManager, type ProviderManager } from '../shared/providers/manager.ts'
import { createDomains, type Domains } from '../shared/routes/domains/domains.ts'
import { provedDomains } from '../shared/routes/domains/proved.ts'
import { createRoutes, type Routes } from '../shared/routes/routes.ts'
import { createPasswordKey, type PasswordKey } from '../shared/secrets/password-key.ts'
import { createStapling, type Stapling } from '../shared/stapling/stapling.ts'
import type { Targets } from '../shared/targets/targets.ts'
import type { Texts } from '../shared/targets/texts.ts'
import { wording } from './event-answer.ts'
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
  /** `null`: it is switched off. */
  acme: AcmeService | null
  stapling: Stapling
  nodes: Nodes
  passwordKey: PasswordKey
  gateway: Gateway
  routes: Routes
  domains: Domains
  /** `null`: they are switched off. */
  alerts: Alerts | null
  backends: Backends
  providers: ProviderManager
  events: Events
  accessLog: AccessLog
  authenticate: Authenticate
  keptAnswers: KeptAnswers
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
  log: Log
  targets: Targets
  /** Where backends may go, which the administrator names. */
  backendTargets: Targets
  /** Where the proofs of custom domains are looked for. */
  texts: Texts
  nodePlaces: NodePlaces
  headerSecret: string
  gateway: Gateway | MakeGateway
  /** Certificates that browsers trust; without it there are none. */
  acme?: AcmePlatform | undefined
  /** Nobody else uses the store. */
  ownsStore: boolean
  /** Who is told what is wrong; without it nobody. */
  alerts?: AlertPlatform | undefined
  /** How often providers are compared with their sources. */
  reconcileIntervalMs?: number | undefined
  /** How events are followed on this platform. */
  events: EventsTuning
  /** What HAProxy's lines go into. */
  accessLog?: AccessLog | undefined
}

/** What a gateway is made of, besides the data planes that its maker knows. */
export interface GatewayParts {
  kv: Kv
  certificates: Certificates
  nodes: Nodes
  log: Log
  settings: Settings
  now: () => number
  /** What HAProxy adds to requests for the API. */
  headerSecret: string
  passwordKey: PasswordKey
}

export type MakeGateway = (parts: GatewayParts) => Gateway

export function createServices(options: ServicesOptions): Services {
  const { kv, hash, vault, settings, now, newId, random, log, targets } = options
  const audit = createAudit({ kv, now, newId, keptDays: settings.auditDays })
  const tokens = accessTokens({ kv, hash, now, random })
  const nodes = createNodes({ kv, vault, audit, now, changed: options.nodePlaces.forget })
  const certificates = createCertificates({ kv, vault, audit, now, random, settings })
  const passwordKey = createPasswordKey(hash)
  const gateway =
    typeof options.gateway === 'function'
      ? options.gateway({
          kv,
          certificates,
          nodes,
          log,
          settings,
          now,
          headerSecret: options.headerSecret,
          passwordKey,
        })
      : options.gateway
  const domains = createDomains({ kv, audit, gateway, log, settings, now, texts: options.texts })
  const proved = provedDomains(kv, log)
  const acme: AcmeService | null = options.acme
    ? openAcme(options.acme, { kv, vault, audit, gateway, now, newId, random, log, proved })
    : null
  const stapling = createStapling({
    ...{ kv, log, now, random, holder: newId(), ownsStore: options.ownsStore },
    fetch: (request) => fetch(request),
  })
  const routes = createRoutes({ kv, audit, targets, passwordKey: passwordKey.get, gateway, log, settings, now, random })
  const backends = createBackends({ kv, audit, targets: options.backendTargets, gateway, log, settings, now })
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
    belongings: async (agent) => together(await certificates.belongings(agent.agentId), await routes.belongings(agent)),
    suspension: routes.suspension,
    revocations: ({ agentId }) => certificates.revocations(agentId),
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
  const providers = createProviderManager({ backends, log, now, reconcileIntervalMs: options.reconcileIntervalMs })
  const alerts = options.alerts
    ? createAlerts({ kv, gateway, providers, platform: options.alerts, log, now, newId })
    : null
  return {
    audit,
    tokens,
    agents,
    logins,
    signingKeys,
    agentTokens,
    certificates,
    acme,
    stapling,
    nodes,
    passwordKey,
    gateway,
    routes,
    domains,
    backends,
    providers,
    alerts,
    accessLog: options.accessLog ?? createAccessLog({ now }),
    events: createEvents({ kv, log, now, agents, tokens, gateway, wording, ...options.events }),
    authenticate: createAuthenticate({ agents, tokens, logins, verifyToken: agentTokens.verifyToken }),
    keptAnswers: createKeptAnswers({ kv, hash, vault }),
    newAgentKey: () => newAgentKey(random),
  }
}

function together(...parts: Part[]): Part {
  return {
    checks: parts.flatMap(({ checks }) => checks),
    writes: parts.flatMap(({ writes }) => writes),
    async committed(revision) {
      for (const part of parts) await part.committed?.(revision)
    },
  }
}
