import { readFileSync } from 'node:fs'
import { backendsAt } from '../../shared/gateway/backend/backend-of.ts'
import { baseSections } from '../../shared/gateway/base-sections.ts'
import { createGateway, type RunningGateway } from '../../shared/gateway/create-gateway.ts'
import { certificateFiles } from '../../shared/gateway/edge-files.ts'
import { createNode } from '../../shared/gateway/node.ts'
import { createRouteTable } from '../../shared/gateway/route-table.ts'
import type { Config } from '../config.ts'
import type { GatewayParts } from '../services.ts'
import type { NamedDataPlane } from './data-planes.ts'

const BASE = new URL('../../haproxy/haproxy.cfg', import.meta.url)

/** The gateway to these data planes, each with all that the front's configuration says. */
export function openGateway(
  config: Config,
  dataPlanes: NamedDataPlane[],
  { kv, certificates, log, now, headerSecret, passwordKey }: GatewayParts,
): RunningGateway {
  const table = createRouteTable()
  const base = baseSections(readFileSync(BASE, 'utf8'), {
    BIND: config.BIND,
    HTTP_PORT: String(config.HTTP_PORT),
    HTTPS_PORT: String(config.HTTPS_PORT),
    MONGO_PORT: String(config.MONGO_PORT),
    STATS_PORT: String(config.STATS_PORT),
    API_HOST: config.API_HOST,
    API_ADDRESS: config.API_ADDRESS,
    STATS_AUTH: config.STATS_AUTH,
  })
  const trusted = new Map((config.TRUSTED_PROXIES ?? []).map(trustedEntry))
  const fixed = () => ({ 'front.map': frontMap({ headerSecret, passwordKey }), 'trusted.map': trusted })
  const nodes = dataPlanes.map(({ name, dataPlane }) =>
    createNode({
      name,
      dataPlane,
      table,
      backendOf: backendsAt({ httpsPort: config.HTTPS_PORT }),
      fixed,
      base,
      certificates: () => certificateFiles(certificates),
      log,
      now,
      settleIntervalMs: config.SETTLE_INTERVAL_MS,
    }),
  )
  return createGateway({ kv, table, nodes, log, intervalMs: config.RECONCILE_INTERVAL_MS })
}

/** The secrets that HAProxy needs, which are in no configuration. */
function frontMap({ headerSecret, passwordKey }: Pick<GatewayParts, 'headerSecret' | 'passwordKey'>) {
  const key = passwordKey.last
  return new Map([['secret', headerSecret], ...(key === null ? [] : [['passwords', key] as const])])
}

const trustedEntry = (text: string): [network: string, how: string] =>
  text.startsWith('proxy:') ? [text.slice('proxy:'.length), 'proxy'] : [text, 'headers']
