import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDataPlaneServer } from '../../haproxy/dataplane/server.ts'
import { challengeAnswers } from '../../shared/acme/challenges.ts'
import { knownEdges } from '../../shared/certificates/known-edges.ts'
import { voidCertificates } from '../../shared/certificates/void-certificates.ts'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import type { HttpRoute, Route } from '../../shared/domain/route-record.ts'
import { baseSections } from '../../shared/gateway/base-sections.ts'
import { createGateway, type RunningGateway } from '../../shared/gateway/create-gateway.ts'
import type { Outcome } from '../../shared/gateway/gateway.ts'
import { createNode } from '../../shared/gateway/node.ts'
import { createRouteTable } from '../../shared/gateway/route-table.ts'
import type { NodeState } from '../../shared/gateway/states.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { createLog } from '../../shared/log/log.ts'
import { knownStaples } from '../../shared/stapling/known-staples.ts'
import { HAPROXY } from './haproxy.ts'
import { type Certificates, createCertificates } from './haproxy-certificates.ts'
import { freePorts } from './ports.ts'

/** A gateway in this process, over a real HAProxy, to which routes are given directly. */
export interface LocalGateway {
  httpPort: number
  dataPlane: DataPlane
  folder: string
  logged: string[]
  gateway(): RunningGateway
  /** Of the host and prefix that it names; `null` takes it away. */
  apply(routes: readonly Route[], options?: { waitMs?: number }): Promise<Outcome>
  state(): Promise<NodeState>
  /** Another gateway on the same HAProxy, as after a restart of the front. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface LocalGatewayOptions {
  intervalMs?: number
  /** Calls the data plane, or breaks the call off, as a network may before or behind what was asked for. */
  call?(carryOut: () => Promise<Response>): Promise<Response>
}

export async function openLocalGateway({
  intervalMs = 300,
  call = (carryOut) => carryOut(),
}: LocalGatewayOptions = {}): Promise<LocalGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'front-'))
  const logged: string[] = []
  const log = createLog({ write: (line) => void logged.push(line), level: 'info' })
  const server = await createDataPlaneServer({ folder, log, haproxy: HAPROXY })
  const dataPlane = createDataPlane({
    url: 'http://in-process',
    username: '',
    password: '',
    fetch: (request) => call(async () => server.app.fetch(request)),
  })
  const ports = await freePorts(4)
  const certificates = await createCertificates()
  const routes = new Map<string, Route>()
  let version = 0
  const open = () => newGateway({ dataPlane, ports, certificates, log, intervalMs })
  const changeOf = (route: Route) => ({ key: keyOf(route), route, version })
  let gateway = await open()
  await server.start()
  await gateway.start()
  return {
    httpPort: ports[0] ?? 0,
    dataPlane,
    folder,
    logged,
    gateway: () => gateway,
    apply(changed, options) {
      version += 1
      for (const route of changed) routes.set(keyOf(route), route)
      return gateway.apply(changed.map(changeOf), options)
    },
    async state() {
      const [state] = await gateway.nodes()
      if (!state) throw new Error('the gateway has no node')
      return state
    },
    async restart() {
      await gateway.stop()
      gateway = await open()
      const applied = gateway.apply([...routes.values()].map(changeOf))
      await gateway.start()
      await applied
    },
    async stop() {
      await gateway.stop()
      await server.stop({ keepHaproxy: false })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const keyOf = ({ agentId, type, host, ...route }: Route) =>
  `routes/${agentId}/${type}/${host}/${(route as Partial<HttpRoute>).pathPrefix?.slice(1) ?? ''}`

interface Parts {
  dataPlane: DataPlane
  ports: number[]
  certificates: Certificates
  log: ReturnType<typeof createLog>
  intervalMs: number
}

async function newGateway({ dataPlane, ports, certificates, log, intervalMs }: Parts): Promise<RunningGateway> {
  const { edge, front, ca } = certificates
  const [http = 0, https = 0, mongo = 0, stats = 0] = ports
  const kv = memoryKv()
  const table = createRouteTable()
  const voided = voidCertificates(kv, log)
  const answers = challengeAnswers(kv, log)
  const crl = { name: 'front-crl-0.pem', content: await certificates.crl([]) }
  const file = (name: string, { cert, key }: typeof edge) => ({
    name,
    fingerprint: new X509Certificate(cert).fingerprint256,
    secures: [],
    pem: async () => cert + key,
  })
  const node = createNode({
    name: 'local',
    configured: true,
    dataPlane,
    table,
    fixed: () => ({
      'front.map': new Map(),
      'trusted.map': new Map(),
      'void.map': voided.all,
      'acme.map': answers.all,
    }),
    base: baseSections(readFileSync('haproxy/haproxy.cfg', 'utf8'), {
      BIND: '127.0.0.1',
      HTTP_PORT: String(http),
      HTTPS_PORT: String(https),
      MONGO_PORT: String(mongo),
      STATS_PORT: String(stats),
      APPS_DOMAIN: 'apps.test',
      MONGODB_DOMAIN: 'mongodb.test',
      API_HOST: 'front.test',
      API_ADDRESS: '127.0.0.1:1',
    }),
    certificates: async () => [file('default.pem', edge), file('front.pem', front)],
    trust: async () => ({ ca: { name: 'front-ca-0.pem', content: ca }, crl }),
    log,
    now: Date.now,
    settleIntervalMs: 50,
  })
  const gateway = createGateway({
    kv,
    table,
    voided,
    answers,
    edges: knownEdges(kv, log),
    staples: knownStaples(kv, log),
    nodes: [node],
    log,
    intervalMs,
  })
  await gateway.load()
  return gateway
}
