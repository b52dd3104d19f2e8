import { DurableObject } from 'cloudflare:workers'
import base from '../../haproxy/haproxy.cfg'
import type { Route } from '../../shared/domain/route-record.ts'
import type { RunningGateway } from '../../shared/gateway/create-gateway.ts'
import type { RouteChange, StoredBackend } from '../../shared/gateway/gateway.ts'
import { answered, type GatewayStub } from '../../shared/gateway/remote-gateway.ts'
import { configuredNodes } from '../configured-nodes.ts'
import type { Front } from '../front.ts'
import { openGateway } from '../open-gateway.ts'
import { connectNode } from './connect.ts'
import { startWorkerFront } from './front.ts'
import { writeLine } from './write-line.ts'

interface Driver {
  front: Front
  gateway: RunningGateway
  intervalMs: number
}

/** Between two passes only a failure is looked at again by itself: the passes come by the alarm. */
const BY_ITSELF_MS = 3_600_000
const RETRY_MS = 10_000

/**
 * What drives the HAProxies of a worker's front: one object, so that one at a time does. All that it knows it derives
 * from the store, so it may be put away at any moment; its alarm, or whoever asks it, brings it back.
 */
export class Gateway extends DurableObject<Cloudflare.Env> implements GatewayStub {
  #driver: Promise<Driver> | undefined

  apply(changes: string, waitMs: number | undefined) {
    const told = JSON.parse(changes) as RouteChange[]
    return this.#ask((gateway) => gateway.apply(told, waitMs === undefined ? {} : { waitMs }))
  }

  applyBackends(changes: string, waitMs: number | undefined) {
    return this.#ask((gateway) => gateway.applyBackends(JSON.parse(changes) as StoredBackend[], { waitMs }))
  }

  backends(keys: string[]) {
    return this.#ask((gateway) => gateway.backends(keys))
  }

  status(routes: string) {
    return this.#ask((gateway) => gateway.status(JSON.parse(routes) as Route[]))
  }

  nodes() {
    return this.#ask((gateway) => gateway.nodes())
  }

  async refreshNodes() {
    const answer = await this.#ask((gateway) => gateway.refreshNodes().then(() => null))
    await this.wake()
    return answer
  }

  reconcile(node: string | undefined) {
    return this.#ask((gateway) => gateway.reconcile(node))
  }

  ready() {
    return this.#ask((gateway) => gateway.ready())
  }

  answerChallenge(path: string, answer: string | null) {
    return this.#ask((gateway) => gateway.answerChallenge(path, answer).then(() => null))
  }

  measures() {
    return this.#ask((gateway) => gateway.measures())
  }

  traffic(routes: string) {
    return this.#ask((gateway) => gateway.traffic(JSON.parse(routes) as Route[]))
  }

  /** The cron's, and whoever changed the nodes: it goes on by itself from here, as long as there is any node. */
  async wake(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now())
  }

  override async alarm(): Promise<void> {
    try {
      const { front, gateway, intervalMs } = await this.#drive()
      front.services.acme?.wake()
      front.services.stapling.wake()
      await Promise.all([gateway.reconcile(), front.maintain()])
      if ((await gateway.nodes()).length > 0) await this.ctx.storage.setAlarm(Date.now() + intervalMs)
    } catch (error) {
      writeLine(String(error instanceof Error ? error.stack : error))
      await this.ctx.storage.setAlarm(Date.now() + RETRY_MS)
    }
  }

  #ask<T>(work: (gateway: RunningGateway) => Promise<T>) {
    return answered(this.#drive().then(({ gateway }) => work(gateway)))
  }

  #drive(): Promise<Driver> {
    this.#driver ??= startDriver(this.env).then(
      async (driver) => {
        await this.wake()
        return driver
      },
      (error) => {
        this.#driver = undefined
        throw error
      },
    )
    return this.#driver
  }
}

async function startDriver(env: Cloudflare.Env): Promise<Driver> {
  let gateway: RunningGateway | undefined
  const { front, config } = await startWorkerFront(env, (config) => (parts) => {
    const configured = configuredNodes(config.DATAPLANE_URL ?? [], (request) => fetch(request))
    gateway = openGateway(
      { ...config, RECONCILE_INTERVAL_MS: BY_ITSELF_MS },
      { base, configured, connect: connectNode },
      parts,
    )
    return gateway
  })
  if (!gateway) throw new RangeError('a front without its gateway')
  await gateway.load()
  await gateway.start()
  return { front, gateway, intervalMs: config.RECONCILE_INTERVAL_MS }
}
