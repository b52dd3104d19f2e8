import { challengeAnswers } from '../shared/acme/challenges.ts'
import { knownEdges } from '../shared/certificates/known-edges.ts'
import { voidCertificates } from '../shared/certificates/void-certificates.ts'
import type { DataPlane } from '../shared/dataplane/data-plane.ts'
import { baseSections } from '../shared/gateway/base-sections.ts'
import { createGateway, type RunningGateway } from '../shared/gateway/create-gateway.ts'
import { certificateFiles } from '../shared/gateway/edge-files.ts'
import { createNode, type GatewayNode } from '../shared/gateway/node.ts'
import type { FurtherNode } from '../shared/gateway/node-set.ts'
import { createRouteTable } from '../shared/gateway/route-table.ts'
import { trustFiles } from '../shared/gateway/trust-files.ts'
import type { NodeAddress } from '../shared/nodes/node-record.ts'
import { knownStaples } from '../shared/stapling/known-staples.ts'
import type { Config } from './config.ts'
import type { GatewayParts } from './services.ts'

export interface NamedDataPlane {
  name: string
  dataPlane: DataPlane
}

/** How this platform comes to its data planes. */
export interface Reach {
  /** `haproxy/haproxy.cfg`. */
  base: string
  /** Those of the front's settings. */
  configured: NamedDataPlane[]
  connect: Connect
}

/** A client for a node that was added; `close` ends the connections that it keeps. */
export type Connect = (address: NodeAddress) => { dataPlane: DataPlane; close(): void }

/** The gateway to these data planes, each with all that the front's configuration says. */
export function openGateway(config: Config, { base, configured, connect }: Reach, parts: GatewayParts): RunningGateway {
  const { kv, certificates, nodes, log, now, headerSecret, passwordKey } = parts
  const table = createRouteTable()
  const sections = baseSections(base, {
    BIND: config.BIND,
    HTTP_PORT: String(config.HTTP_PORT),
    HTTPS_PORT: String(config.HTTPS_PORT),
    MONGO_PORT: String(config.MONGO_PORT),
    STATS_PORT: String(config.STATS_PORT),
    API_HOST: config.API_HOST,
    APPS_DOMAIN: config.APPS_DOMAIN,
    MONGODB_DOMAIN: config.MONGODB_DOMAIN,
    API_ADDRESS: config.API_ADDRESS,
    STATS_AUTH: config.STATS_AUTH,
    LOG_ADDRESS: config.LOG_ADDRESS,
  })
  const trusted = new Map((config.TRUSTED_PROXIES ?? []).map(trustedEntry))
  const fixed = () => ({
    'front.map': frontMap({ headerSecret, passwordKey }),
    'trusted.map': trusted,
    'void.map': voided.all,
    'acme.map': answers.all,
  })
  const voided = voidCertificates(kv, log)
  const answers = challengeAnswers(kv, log)
  const edges = knownEdges(kv, log)
  const staples = knownStaples(kv, log)
  const open = (named: NamedDataPlane, isConfigured: boolean): GatewayNode =>
    createNode({
      ...named,
      configured: isConfigured,
      table,
      fixed,
      base: sections,
      certificates: () => certificateFiles(certificates, edges.all.values(), staples.all, now()),
      trust: () => trustFiles(certificates),
      log,
      now,
      settleIntervalMs: config.SETTLE_INTERVAL_MS,
    })
  const further = async (): Promise<FurtherNode[]> =>
    (await nodes.list()).map(({ value, version }) => ({
      name: value.name,
      version,
      async open() {
        const { dataPlane, close } = connect(await nodes.addressOf(value))
        return { node: open({ name: value.name, dataPlane }, false), close }
      },
    }))
  return createGateway({
    kv,
    table,
    voided,
    answers,
    edges,
    staples,
    nodes: configured.map((each) => open(each, true)),
    further,
    log,
    intervalMs: config.RECONCILE_INTERVAL_MS,
  })
}

/** The secrets that HAProxy needs, which are in no configuration. */
function frontMap({ headerSecret, passwordKey }: Pick<GatewayParts, 'headerSecret' | 'passwordKey'>) {
  const key = passwordKey.last
  return new Map([['secret', headerSecret], ...(key === null ? [] : [['passwords', key] as const])])
}

const trustedEntry = (text: string): [network: string, how: string] =>
  text.startsWith('proxy:') ? [text.slice('proxy:'.length), 'proxy'] : [text, 'headers']
