import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { createAccessLog } from '../../shared/access-log/access-log.ts'
import type { RunningGateway } from '../../shared/gateway/create-gateway.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Kinds } from '../../shared/providers/kind.ts'
import { alertPlatform } from '../alert-platform.ts'
import type { Config } from '../config.ts'
import { createFront, type Front } from '../front.ts'
import type { Lacks } from '../lacks.ts'
import { openGateway } from '../open-gateway.ts'
import { settingsOf } from '../settings.ts'
import { nodeAcme } from './acme.ts'
import { cameDirectly, socketAddress } from './client.ts'
import { connectNode } from './connect.ts'
import { openDataDir } from './data-dir.ts'
import { openDataPlanes } from './data-planes.ts'
import { docsAsset } from './docs-assets.ts'
import { assertFree } from './free-ports.ts'
import { followGateway } from './gateway-file.ts'
import { apiPlace } from './listen-error.ts'
import { listenForLog } from './log-listener.ts'
import { isShared, openKv } from './open-kv.ts'
import { KINDS } from './provider-kinds.ts'
import { mayRegisterOpenly } from './registration-policy.ts'
import { listen } from './server.ts'
import type { StartBlock } from './start-block.ts'
import { nodeTargets } from './targets.ts'

export interface RunningFront {
  block: StartBlock
  /** In-flight requests finish, then everything closes. */
  stop(): Promise<void>
}

const GRACE_MS = 10_000
const BASE = new URL('../../haproxy/haproxy.cfg', import.meta.url)
const baseText = () => readFileSync(BASE, 'utf8')

/**
 * Starts every part in the order in which they need each other; stops them in the opposite one. `kinds`: providers of
 * one's own, beside those that are there.
 */
export async function startFront(config: Config, log: Log, kinds: Kinds = {}): Promise<RunningFront> {
  const closing: (() => unknown)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) {
      // What cannot be closed must not keep the others open.
      await Promise.try(close).catch((error) => log.error('Could not stop a part', { error }))
    }
  }
  try {
    const isOpen = mayRegisterOpenly(config)
    await assertFree([apiPlace(config.HOST, config.PORT)])
    const dataDir = openDataDir(resolve(config.DATA_DIR), config.SECRET_KEY)
    closing.push(dataDir.release)
    const kv = await openKv(config.KV, dataDir.path)
    closing.push(() => kv.close())
    const { version } = packageJson
    const accessLog = createAccessLog({ now: Date.now })
    closing.push(await listenForLog(config.LOG_LISTEN, accessLog))
    const dataPlanes = await openDataPlanes(config, dataDir.path, { log, accessLog })
    let gateway: RunningGateway | undefined
    const front = await createFront({
      kv,
      adapter: adapterOf(config.KV),
      secretKey: dataDir.secretKey,
      ownsStore: !isShared(config.KV),
      log,
      version,
      settings: settingsOf(config),
      gateway: (parts) => {
        gateway = openGateway(config, { base: baseText(), configured: dataPlanes.all, connect: connectNode }, parts)
        return gateway
      },
      clientAddress: socketAddress,
      isOpenTo: (c) => isOpen && cameDirectly(c),
      docsAsset,
      accessLog,
      alerts: alertPlatform(config),
      acme: nodeAcme(config, { version, ownsStore: !isShared(config.KV) }),
      lacks: lacksOf(config),
      reconcileIntervalMs: config.RECONCILE_INTERVAL_MS,
      targets: nodeTargets(config),
    })
    closing.push(await maintainEvery(config.RECONCILE_INTERVAL_MS, front))
    await gateway?.load()
    closing.push(dataPlanes.stop)
    await dataPlanes.start(async () => gateway?.storeMaps())
    closing.push(async () => gateway?.stop())
    await gateway?.start()
    closing.push(() => front.services.acme?.stop())
    front.services.acme?.wake()
    closing.push(() => front.services.stapling.stop())
    front.services.stapling.wake()
    const server = await listen(front.app, { host: config.HOST, port: config.PORT })
    closing.push(() => server.stop(GRACE_MS))
    closing.push(() => front.services.events.close())
    const all = { ...KINDS, ...kinds }
    closing.push(await followGateway(config, { providers: front.services.providers, kinds: all, log }))
    // Last of all: what was made is shown once, and only by a start that went well.
    const tokens = {
      admin: await front.ensureToken('admin', config.ADMIN_TOKEN),
      enrollment: await front.ensureToken('enrollment', config.ENROLLMENT_TOKEN),
    }
    if (config.METRICS_TOKEN !== undefined) await front.ensureToken('metrics', config.METRICS_TOKEN)
    const isOpenNow = isOpen && !(await front.services.nodes.any())
    const signing = (await front.services.certificates.trusted()).find(({ isSigning }) => isSigning)
    const known = { config, version, dataDir: dataDir.path, dataPlane: dataPlanes.description }
    return { block: { ...known, tokens, isOpen: isOpenNow, authority: signing?.certificate }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const adapterOf = (url = 'sqlite:'): string => url.slice(0, url.indexOf(':')).replace('etcds', 'etcd')

const lacksOf = ({ DATAPLANE_URL, LOG_LISTEN }: Config): Lacks =>
  DATAPLANE_URL === undefined || LOG_LISTEN !== undefined
    ? {}
    : { logs: 'This front hears nothing of HAProxy’s log: set LOG_LISTEN and LOG_ADDRESS, and HAProxy sends it' }

/** The first time at once, so that all keys stand before anybody asks. Never twice at a time. */
async function maintainEvery(intervalMs: number, front: Front): Promise<() => Promise<void>> {
  await front.maintain()
  let running = Promise.resolve()
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    running = front.maintain().finally(() => {
      busy = false
    })
  }, intervalMs)
  return () => {
    clearInterval(timer)
    return running
  }
}
