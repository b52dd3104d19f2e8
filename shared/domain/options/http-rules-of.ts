import type { HttpOptions } from '../route-options.ts'
import type { BasicAuthRecord, HttpRules, MaintenanceRecord } from './http-rules.ts'
import type { Maintenance } from './maintenance.ts'

/** `basicAuth`: with the passwords hashed. */
export function httpRulesOf(options: Partial<HttpOptions>, basicAuth: BasicAuthRecord | undefined): HttpRules {
  const { stripPrefix, sticky, timeouts, hostHeader, rateLimit } = options
  const [requestHeaders, responseHeaders] = [some(options.requestHeaders), some(options.responseHeaders)]
  return {
    ...(stripPrefix && { stripPrefix }),
    ...(sticky && { sticky: { cookie: sticky === true ? null : sticky.cookie } }),
    ...(timeouts && { timeouts }),
    ...(hostHeader !== undefined && { hostHeader }),
    ...(requestHeaders && { requestHeaders }),
    ...(responseHeaders && { responseHeaders }),
    ...(rateLimit && { rateLimit }),
    ...(basicAuth && { basicAuth }),
  }
}

const some = <T extends object>(fields: T | undefined): T | undefined =>
  fields && Object.keys(fields).length > 0 ? fields : undefined

const DEFAULT_RETRY_SECONDS = 300

export function maintenanceOf(maintenance: Maintenance = false): { maintenance?: MaintenanceRecord } {
  if (maintenance === false) return {}
  const { message = null, retryAfterSeconds = DEFAULT_RETRY_SECONDS } = maintenance === true ? {} : maintenance
  return { maintenance: { message, retryAfterSeconds } }
}
