import { rootCertificates } from 'node:tls'
import { rfc2136Dns } from '../../shared/acme/dns/node-rfc2136.ts'
import { nodeCname, nodeSeesText } from '../../shared/acme/dns/node-text.ts'
import type { AcmePlatform } from '../../shared/acme/open-acme.ts'
import { bareHost } from '../../shared/lib/bare-host.ts'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import { fromBase64 } from '../../shared/pki/index.ts'
import { TSIG } from '../acme-config.ts'
import { acmePlatform } from '../acme-platform.ts'
import type { Config } from '../config.ts'
import { readCa } from './read-ca.ts'
import { StartError } from './start-error.ts'

const DNS_PORT = 53

/** How this machine comes to its certificates of an ACME server; `undefined`: not at all. */
export function nodeAcme(config: Config, platform: { version: string; ownsStore: boolean }): AcmePlatform | undefined {
  const { DNS_RESOLVER: resolver, ACME_DNS_SERVERS: servers } = config
  const isAddress = resolver !== undefined && !resolver.startsWith('http')
  const asked = { resolver: isAddress ? resolver : undefined, servers }
  return acmePlatform(config, {
    ...platform,
    fetch: fetchOf(config),
    sees: nodeSeesText(asked),
    cname: nodeCname(asked),
    rfc2136,
  })
}

function fetchOf({ ACME_CA: path }: Config): (request: Request) => Promise<Response> {
  if (path === undefined) return (request) => fetch(request)
  return createNodeFetch({ ca: [...rootCertificates, readCa('ACME_CA', path)].join('\n') }).fetch
}

function rfc2136(url: string, text: string) {
  const { hostname, port } = new URL(url)
  const [, digits = '256', name = '', secret = ''] = TSIG.exec(text) ?? []
  const bytes = fromBase64(secret)
  if (bytes === null) throw new StartError('ACME_DNS_SECRET must end with the key in base64')
  return rfc2136Dns({
    host: bareHost(hostname),
    port: port === '' ? DNS_PORT : Number(port),
    key: { name, algorithm: { name: `hmac-sha${digits}`, hash: `SHA-${digits}` }, secret: bytes },
    now: Date.now,
  })
}
