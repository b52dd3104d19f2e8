import { networkInterfaces } from 'node:os'
import { bareHost } from '../../shared/lib/bare-host.ts'
import { aroundDataPlane } from '../../shared/targets/around-data-plane.ts'
import { dohResolver, dohTexts } from '../../shared/targets/doh-resolver.ts'
import { nodeResolver, nodeTexts } from '../../shared/targets/node-resolver.ts'
import type { OwnPlaces, TargetLevel } from '../../shared/targets/policy.ts'
import type { Resolve } from '../../shared/targets/resolve.ts'
import type { Texts } from '../../shared/targets/texts.ts'
import type { Config } from '../config.ts'
import type { Platform } from '../front.ts'
import { listensLocally } from './listens-locally.ts'
import { StartError } from './start-error.ts'

const ETCD_PORT = 2_379

/** Where routes may go from this machine. */
export function nodeTargets(config: Config): NonNullable<Platform['targets']> {
  return { level: targetLevel(config), own: ownPlaces(config), ...resolverOf(config) }
}

const resolverOf = ({ DNS_RESOLVER: server }: Config): { resolve: Resolve; texts: Texts } =>
  server?.startsWith('http')
    ? { resolve: dohResolver({ url: server }), texts: dohTexts({ url: server }) }
    : { resolve: nodeResolver({ server }), texts: nodeTexts({ server }) }

export function targetLevel(config: Config): TargetLevel {
  const isLocal = listensLocally(config)
  if (config.TARGET_POLICY === 'loopback' && !isLocal) {
    throw new StartError(
      'TARGET_POLICY must not be loopback where others can reach the front: set HOST and BIND to 127.0.0.1 and no DATAPLANE_URL, or choose private',
    )
  }
  return config.TARGET_POLICY ?? (isLocal ? 'loopback' : 'public')
}

function ownPlaces(config: Config): OwnPlaces {
  const { PORT, HTTP_PORT, HTTPS_PORT, MONGO_PORT, STATS_PORT, HOST, BIND } = config
  const ports = [PORT, HTTP_PORT, HTTPS_PORT, MONGO_PORT, STATS_PORT]
  const dataPlanes = (config.DATAPLANE_URL ?? []).flatMap((url) => aroundDataPlane(url, ports))
  const services = [...dataPlanes, ...etcdMembers(config.KV)]
  return {
    ports,
    addresses: () => [HOST, BIND, ...interfaceAddresses()],
    services,
  }
}

function etcdMembers(kv: string | undefined): { host: string; port: number }[] {
  const hosts = /^etcds?:\/\/(?:[^@]*@)?(.*)$/.exec(kv ?? '')?.[1]?.split(',') ?? []
  return hosts.map((host) => {
    const { hostname, port } = new URL(`http://${host}`)
    return { host: bareHost(hostname), port: port === '' ? ETCD_PORT : Number(port) }
  })
}

const interfaceAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
