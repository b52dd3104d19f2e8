import { dataPlanePlace } from '../../shared/dataplane/data-plane-url.ts'
import { addressKind } from '../../shared/targets/address-kind.ts'
import { aroundDataPlane } from '../../shared/targets/around-data-plane.ts'
import { dohResolver, dohTexts } from '../../shared/targets/doh-resolver.ts'
import type { OwnPlaces, TargetLevel } from '../../shared/targets/policy.ts'
import { type Config, ConfigError } from '../config.ts'
import type { Platform } from '../front.ts'

export const DEFAULT_RESOLVER = 'https://cloudflare-dns.com/dns-query'

/** Where routes may go from the nodes of a worker, which itself is on no machine. */
export function workerTargets(config: Config): NonNullable<Platform['targets']> {
  const { DNS_RESOLVER = DEFAULT_RESOLVER } = config
  if (!/^https?:/.test(DNS_RESOLVER)) {
    throw new ConfigError(['DNS_RESOLVER must be an https URL in a worker, which can ask name servers by HTTPS alone'])
  }
  return {
    level: levelOf(config),
    own: ownPlaces(config),
    resolve: dohResolver({ url: DNS_RESOLVER }),
    texts: dohTexts({ url: DNS_RESOLVER }),
  }
}

/** A worker that is deployed reaches no loopback address: whoever names one has all of it on one machine, to try it. */
function levelOf({ TARGET_POLICY = 'public', DATAPLANE_URL = [] }: Config): TargetLevel {
  const isElsewhere = DATAPLANE_URL.some((url) => addressKind(dataPlanePlace(url).host) !== 'loopback')
  if (TARGET_POLICY === 'loopback' && isElsewhere) {
    throw new ConfigError([
      'TARGET_POLICY must not be loopback where a data plane is on another machine: choose private',
    ])
  }
  return TARGET_POLICY
}

function ownPlaces(config: Config): OwnPlaces {
  const { HTTP_PORT, HTTPS_PORT, MONGO_PORT, STATS_PORT, API_ADDRESS, DATAPLANE_URL = [] } = config
  const ports = [HTTP_PORT, HTTPS_PORT, MONGO_PORT, STATS_PORT]
  const services = [
    dataPlanePlace(`http://${API_ADDRESS}`),
    ...DATAPLANE_URL.flatMap((url) => aroundDataPlane(url, ports)),
  ]
  return { ports, addresses: () => [], services }
}
