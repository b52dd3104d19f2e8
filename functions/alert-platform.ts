import type { AlertPlatform } from '../shared/alerts/alerts.ts'
import type { Config } from './config.ts'

/** `undefined`: alerts are switched off. */
export function alertPlatform({ ALERT_URL: url, ALERT_SECRET: secret }: Config): AlertPlatform | undefined {
  if (url === undefined || secret === undefined) return undefined
  return { url, secret, fetch: (request) => fetch(request) }
}
