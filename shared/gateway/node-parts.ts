import type { DataPlane } from '../dataplane/data-plane.ts'
import type { Section } from '../haproxy-text/index.ts'
import { createGate, type Gate } from '../lib/gate.ts'
import type { Log } from '../log/log.ts'
import { backendOf } from './backend/backend-of.ts'
import { desiredMaps, type FixedMaps } from './desired-maps.ts'
import type { CertificateFile } from './edge-files.ts'
import { type NodeCertificates, nodeCertificates } from './node-certificates.ts'
import { createCondition, type NodeCondition } from './node-condition.ts'
import { type NodeConfiguration, nodeConfiguration } from './node-configuration.ts'
import { type NodeMaps, nodeMaps } from './node-maps.ts'
import { type NodeServers, nodeServers } from './node-servers.ts'
import { type NodeTrust, nodeTrust, type TrustPaths } from './node-trust.ts'
import type { RouteTable } from './route-table.ts'
import type { TrustFiles } from './trust-files.ts'

/** Where things lie on a node: what its configuration has to name. */
export interface NodeFacts {
  maps: string
  certificates: string
  /** Whom it trusts; null until it has been told. */
  trust: TrustPaths | null
  /** Its own section of the configuration, which is not the front's. */
  global: Section | undefined
}

export interface NodeOptions {
  name: string
  /** By the front's settings. */
  configured: boolean
  dataPlane: DataPlane
  table: RouteTable
  fixed: () => FixedMaps
  /** The front's own sections for such a node. */
  base: (facts: NodeFacts) => Section[]
  certificates: () => Promise<CertificateFile[]>
  trust: () => Promise<TrustFiles>
  log: Log
  now: () => number
  settleIntervalMs: number
}

/** What a node is made of. Whoever changes what the worker has, or reloads it, holds the gate. */
export interface NodeParts {
  options: NodeOptions
  gate: Gate
  condition: NodeCondition
  certificates: NodeCertificates
  trust: NodeTrust
  configuration: NodeConfiguration
  maps: NodeMaps
  servers: NodeServers
  /** Where its maps lie; null until it has told. */
  folders: { maps: string | null }
}

export function createParts(options: NodeOptions): NodeParts {
  const { name, dataPlane, table, log } = options
  const folders: NodeParts['folders'] = { maps: null }
  const gate = createGate()
  const certificates = nodeCertificates({
    dataPlane,
    wanted: options.certificates,
    worker: gate,
    async tellSecure(names) {
      // Before anything is known of the maps, and after it was lost, they are compared as a whole.
      if (maps.known) await gate.run(() => maps.write(names.map((key) => ({ map: 'secure.map', key }))))
    },
  })
  const trust = nodeTrust(dataPlane, options.trust)
  const configuration = nodeConfiguration({
    dataPlane,
    table,
    backendOf,
    base: (global) =>
      options.base({
        maps: folders.maps ?? '',
        certificates: certificates.folder ?? '',
        trust: trust.paths,
        global,
      }),
    onLeaving: (backend) => servers.leaves(backend),
  })
  const { standing, needsReload } = configuration
  const fixed = () => ({ ...options.fixed(), 'secure.map': certificates.secure })
  const servers = nodeServers({ dataPlane, backendOf, standing, needsReload })
  const maps = nodeMaps(dataPlane, desiredMaps(table, fixed, configuration.backendsOf))
  const condition = createCondition({
    name,
    log,
    onLost() {
      maps.forget()
      // Who answers next may keep its files elsewhere.
      folders.maps = null
      trust.forget()
    },
  })
  return { options, gate, condition, certificates, trust, configuration, maps, servers, folders }
}
