import packageJson from '../../package.json' with { type: 'json' }
import { dohCname, dohSeesText } from '../../shared/acme/dns/doh-text.ts'
import type { AcmePlatform } from '../../shared/acme/open-acme.ts'
import { acmePlatform } from '../acme-platform.ts'
import type { Config } from '../config.ts'
import { DEFAULT_RESOLVER } from './targets.ts'

/** How a worker comes to its certificates of an ACME server; `undefined`: not at all. */
export function workerAcme(config: Config): AcmePlatform | undefined {
  const resolver = config.DNS_RESOLVER ?? DEFAULT_RESOLVER
  const fetch = (request: Request) => globalThis.fetch(request)
  return acmePlatform(config, {
    fetch,
    sees: dohSeesText(resolver, fetch),
    cname: dohCname(resolver, fetch),
    version: packageJson.version,
    ownsStore: false,
  })
}
