import type { Config } from './config.ts'

/** What the handlers and services know of the configuration, whichever runtime it came from. */
export interface Settings {
  domain: string
  appsDomain: string
  mongodbDomain: string
  apiHost: string
  mongoPort: number
  /** HAProxy's, where apps are reached by TLS. */
  httpsPort: number
  jwtTtlSeconds: number
  /** How long the audit log is kept. */
  auditDays: number
  /** How long a name that was given up waits before another can have it. */
  releaseSeconds: number
  /** How many routes an agent may have. */
  routesPerAgent: number
  /** How often an agent may write, on each front. */
  agentWritesPerMinute: number
}

const RELEASE_SECONDS = 24 * 3_600

export function settingsOf(config: Config): Settings {
  return {
    domain: config.DOMAIN,
    appsDomain: config.APPS_DOMAIN,
    mongodbDomain: config.MONGODB_DOMAIN,
    apiHost: config.API_HOST,
    mongoPort: config.MONGO_PORT,
    httpsPort: config.HTTPS_PORT,
    jwtTtlSeconds: config.JWT_TTL_SECONDS,
    auditDays: config.AUDIT_DAYS,
    releaseSeconds: RELEASE_SECONDS,
    routesPerAgent: config.ROUTES_PER_AGENT,
    agentWritesPerMinute: config.AGENT_WRITES_PER_MINUTE,
  }
}
