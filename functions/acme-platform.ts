import { base64url } from 'jose'
import { type Cname, followed } from '../shared/acme/dns/alias.ts'
import { cloudflareDns } from '../shared/acme/dns/cloudflare.ts'
import type { DnsProvider, SeesText } from '../shared/acme/dns/provider.ts'
import { webhookDns } from '../shared/acme/dns/webhook.ts'
import type { AcmePlatform } from '../shared/acme/open-acme.ts'
import type { Config } from './config.ts'

/** What only an entry can do. */
export interface AcmeReach {
  /** Believes the CA of ACME_CA too. */
  fetch: (request: Request) => Promise<Response>
  sees: SeesText
  cname: Cname
  /** Updates of a zone; undefined where the platform has no connections for it. */
  rfc2136?: (url: string, key: string) => DnsProvider
  version: string
  ownsStore: boolean
}

/** `undefined`: it is switched off. */
export function acmePlatform(config: Config, reach: AcmeReach): AcmePlatform | undefined {
  const { ACME: directory, ACME_EMAIL: email = null, ACME_EAB_KEY_ID: keyId, ACME_EAB_HMAC_KEY: hmacKey } = config
  if (directory === null) return undefined
  const provider = providerOf(config, reach)
  const external =
    keyId === undefined || hmacKey === undefined
      ? null
      : { keyId, hmacKey: base64url.decode(hmacKey) as Uint8Array<ArrayBuffer> }
  return {
    directory,
    email,
    external,
    names: namesOf(config, provider !== null),
    ownNames: [config.API_HOST],
    dns: provider && { provider, sees: reach.sees, leadsTo: followed(reach.cname) },
    fetch: reach.fetch,
    userAgent: `cloudlunacy-front/${reach.version}`,
    ownsStore: reach.ownsStore,
  }
}

/** Without a DNS provider nobody can prove a wildcard. */
function namesOf({ APPS_DOMAIN, MONGODB_DOMAIN, API_HOST, ACME_FOR, ACME_NAMES }: Config, hasDns: boolean): string[] {
  const parts = { apps: `*.${APPS_DOMAIN}`, mongodb: `*.${MONGODB_DOMAIN}`, api: API_HOST }
  const own = ACME_FOR.map((part) => parts[part]).filter((name) => hasDns || !name.startsWith('*.'))
  return [...own, ...ACME_NAMES]
}

function providerOf({ ACME_DNS: how, ACME_DNS_SECRET: secret }: Config, reach: AcmeReach): DnsProvider | null {
  if (how === undefined || secret === undefined) return null
  // The providers are on the internet: only the ACME server may have a CA of its own.
  const fetch = (request: Request) => globalThis.fetch(request)
  if (how === 'cloudflare') return cloudflareDns({ token: secret, fetch })
  if (how.startsWith('rfc2136:')) return reach.rfc2136?.(how, secret) ?? null
  return webhookDns({ url: how, secret, fetch, now: Date.now })
}
