// First of all: schemas that were made before have no openapi().
import '@hono/zod-openapi'
import type { AccessLog } from '../shared/access-log/access-log.ts'
import type { AcmePlatform } from '../shared/acme/open-acme.ts'
import type { AlertPlatform } from '../shared/alerts/alerts.ts'
import { createRefusals } from '../shared/audit/refusals.ts'
import { createBackup } from '../shared/backup/backup.ts'
import { finishImport } from '../shared/backup/finish.ts'
import type { Names } from '../shared/backup/head.ts'
import type { EventsTuning } from '../shared/events/events.ts'
import type { Gateway } from '../shared/gateway/gateway.ts'
import { headerSecret } from '../shared/gateway/header-secret.ts'
import { noGateway } from '../shared/gateway/no-gateway.ts'
import { ensureFirstToken, type FirstToken } from '../shared/identity/first-tokens.ts'
import { assertSecretKey } from '../shared/identity/key-check.ts'
import { keyedHash } from '../shared/identity/keyed-hash.ts'
import { createWriteLimit } from '../shared/identity/write-limit.ts'
import type { Kv } from '../shared/kv/kv.ts'
import { migrate, schemaAfter } from '../shared/kv/schema.ts'
import { stagedKv } from '../shared/kv/staged/staged.ts'
import { sameText } from '../shared/lib/same-text.ts'
import { meteredKv } from '../shared/metrics/metered-kv.ts'
import { createMetrics } from '../shared/metrics/metrics.ts'
import { createNodePlaces } from '../shared/nodes/node-places.ts'
import { secureRandom, utf8 } from '../shared/pki/bytes.ts'
import { createVault } from '../shared/pki/index.ts'
import { ensureStoreSecret } from '../shared/secrets/store-secret.ts'
import { createStoreSecrets } from '../shared/secrets/store-secrets.ts'
import { createTargetPolicy, type OwnPlaces, type TargetLevel } from '../shared/targets/policy.ts'
import { noNames, type Resolve } from '../shared/targets/resolve.ts'
import { createTargets, type Targets, type TargetsOptions } from '../shared/targets/targets.ts'
import { noTexts, type Texts } from '../shared/targets/texts.ts'
import { createAccess } from './access.ts'
import { createApp } from './app.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { createIdempotent } from './idempotency.ts'
import type { Lacks } from './lacks.ts'
import { migrationsOf } from './migrations.ts'
import { createServices, type MakeGateway, type Services } from './services.ts'

/** What an entry brings: the store, the secret, and what differs between the runtimes. */
export interface Platform
  extends Pick<Deps, 'log' | 'version' | 'settings' | 'clientAddress' | 'isOpenTo' | 'docsAsset'> {
  kv: Kv
  /** What the store is called in the metrics. Default: memory. */
  adapter?: string
  secretKey: string
  /** What brings routes to the data planes. Without it they are accepted, and wait. */
  gateway?: Gateway | MakeGateway
  /** How often providers of backends are compared with their sources. */
  reconcileIntervalMs?: number
  /** What this platform cannot do, each with its reason. Default: nothing. */
  lacks?: Lacks
  /** How events are followed. Default: by one watch of the store for all who read. */
  events?: EventsTuning
  /** How certificates that browsers trust are come by. Default: not at all. */
  acme?: AcmePlatform | undefined
  /** Who is told what is wrong. Default: nobody. */
  alerts?: AlertPlatform | undefined
  /** What HAProxy's lines go into. */
  accessLog?: AccessLog
  /** Nobody else uses the store, so that HAProxy and the front may agree on a new secret at each start. */
  ownsStore?: boolean
  /** Where routes may go. Default: to the internet, and nowhere by name. */
  targets?: { level: TargetLevel; own: OwnPlaces; resolve: Resolve; texts?: Texts }
  now?: () => number
  newId?: () => string
  random?: (length: number) => Uint8Array<ArrayBuffer>
}

export interface Front {
  app: App
  services: Services
  kv: Kv
  /** Makes the first token of this kind, or takes the given one. Gives it back when it was made. */
  ensureToken(kind: FirstToken['kind'], given: string | undefined): Promise<string | null>
  /** What has to be done from time to time: it may be done often, and by several fronts at once. */
  maintain(): Promise<void>
}

/** The same front on every platform. */
export async function createFront(platform: Platform): Promise<Front> {
  const { log, version, settings, secretKey, docsAsset, ownsStore = false } = platform
  const { now = Date.now, newId = () => crypto.randomUUID(), random = secureRandom } = platform
  const metrics = createMetrics(version)
  const elapsed = () => performance.now()
  const engine = meteredKv(platform.kv, { registry: metrics.registry, adapter: platform.adapter ?? 'memory', elapsed })
  const kv = stagedKv(engine, { now, newId })
  const master = await createVault({ secret: utf8(secretKey) })
  const migrations = migrationsOf({ master, secretKey })
  await migrate(kv, migrations)
  await assertSecretKey(kv, await keyedHash(secretKey))
  await ensureStoreSecret(kv, master, random)
  const finishing = { kv, limits: platform.kv, now, releaseSeconds: settings.releaseSeconds, log }
  await finishImport(finishing, { undoOthers: ownsStore })
  const secrets = createStoreSecrets({ kv, master, now, replaced: () => secretReplaced() })
  const { hash, vault } = secrets

  const secret = await headerSecret(kv, { vault: master, random, renew: ownsStore })
  const { clientAddress, isOpenTo, isThroughHaproxy } = behindHaproxy(platform, secret)
  const nodePlaces = createNodePlaces({ kv, ports: platform.targets?.own.ports ?? [], now })
  const moving = { nodes: nodePlaces.current, now }
  const targets = targetsOf(platform, moving)
  const backendTargets = targetsOf(adminsPlatform(platform), moving)
  const services = createServices({
    kv,
    hash,
    vault,
    settings,
    now,
    newId,
    random,
    log,
    targets,
    backendTargets,
    texts: platform.targets?.texts ?? noTexts,
    nodePlaces,
    headerSecret: secret,
    gateway: platform.gateway ?? noGateway,
    acme: platform.acme,
    ownsStore,
    alerts: platform.alerts,
    reconcileIntervalMs: platform.reconcileIntervalMs,
    events: platform.events ?? {},
    accessLog: platform.accessLog,
  })
  const backup = createBackup({
    ...finishing,
    ...services,
    engine: platform.kv,
    master,
    secrets,
    names: namesOf(settings),
    schema: schemaAfter(migrations),
    targets,
    backendTargets,
    newId,
    random,
  })
  const secretReplaced = () => {
    services.signingKeys.forget()
    // While an import is under way there is none; then this comes again.
    services.passwordKey.get().catch(() => undefined)
  }
  const ownTokens = new Set<string>()
  const idempotent = createIdempotent(services.keptAnswers)
  const writeLimit = createWriteLimit({ perMinute: settings.agentWritesPerMinute, now })
  const access = createAccess({
    async authenticate(credentials) {
      await secrets.assertReady()
      return services.authenticate(credentials)
    },
    clientAddress,
    refusals: createRefusals({ kv, audit: services.audit, now }),
    writeLimit,
    idempotent,
  })
  const app = createApp({
    kv,
    log,
    metrics,
    version,
    settings,
    services,
    access,
    backup,
    ownTokens: () => [...ownTokens],
    idempotent,
    writeLimit,
    clientAddress,
    isOpenTo,
    isThroughHaproxy,
    docsAsset,
    lacks: platform.lacks ?? {},
    now,
    newId,
  })
  const tasks: [name: string, run: () => Promise<unknown>][] = [
    ['finish an import that was cut off', () => backup.recover()],
    ['finish large changes that were cut off', () => kv.recover()],
    ['keep the signing keys fresh', () => services.signingKeys.rotate()],
    ['know what passwords are hashed under', () => services.passwordKey.get()],
    ['keep the certificates fresh', () => services.certificates.maintain()],
    ['look where the names of targets point', () => refreshTargets()],
    ['look for the proofs of custom domains', () => services.domains.refresh()],
    ['tell what is wrong', async () => services.alerts?.maintain()],
    ['forget old audit entries', () => services.audit.forget()],
  ]
  const refreshTargets = async () => {
    await targets.refresh()
    await backendTargets.refresh()
    await services.routes.refresh()
    await services.backends.refresh()
  }
  return {
    app,
    services,
    kv,
    async ensureToken(kind, given) {
      const made = await ensureFirstToken(kv, services.tokens, { kind, given })
      for (const text of [given, made]) if (text) ownTokens.add(text)
      return made
    },
    async maintain() {
      for (const [name, run] of tasks) await run().catch((error) => log.error(`Could not ${name}`, { error }))
    },
  }
}

/** What HAProxy says of a client is believed, because only HAProxy knows the secret. Through it nobody is this machine. */
function behindHaproxy(
  { clientAddress, isOpenTo }: Platform,
  secret: string,
): Pick<Deps, 'clientAddress' | 'isOpenTo' | 'isThroughHaproxy'> {
  const isThroughHaproxy = (c: Parameters<Deps['clientAddress']>[0]) => {
    const given = c.req.header('x-front-secret')
    return given !== undefined && sameText(given, secret)
  }
  return {
    clientAddress: (c) => (isThroughHaproxy(c) && c.req.header('x-forwarded-for')) || clientAddress(c),
    isOpenTo: (c) => !isThroughHaproxy(c) && isOpenTo(c),
    isThroughHaproxy,
  }
}

function namesOf({ domain, appsDomain, mongodbDomain, apiHost }: Platform['settings']): Names {
  return { domain, appsDomain, mongodbDomain, apiHost }
}

/** An administrator knows what is near: only what is the front's own stays closed, also by this machine's own name. */
function adminsPlatform(platform: Platform): Platform {
  if (!platform.targets) return platform
  const { own } = platform.targets
  const ports = [...own.ports, ...own.services.map(({ port }) => port)]
  return { ...platform, targets: { ...platform.targets, level: 'loopback', own: { ...own, ports } } }
}

function targetsOf(
  { targets, settings: { appsDomain, mongodbDomain, apiHost } }: Platform,
  moving: Pick<TargetsOptions, 'nodes' | 'now'>,
): Targets {
  const nothing: OwnPlaces = { ports: [], addresses: () => [], services: [] }
  const { level = 'public', own = nothing, resolve = noNames } = targets ?? {}
  const policy = createTargetPolicy({ level, own, domains: [appsDomain, mongodbDomain, apiHost] })
  return createTargets({ policy, resolve, ...moving })
}
