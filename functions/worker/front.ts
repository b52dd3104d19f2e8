import packageJson from '../../package.json' with { type: 'json' }
import { durableObjectKv, type StoreStub } from '../../shared/kv/durable-object.ts'
import { createLog } from '../../shared/log/log.ts'
import { alertPlatform } from '../alert-platform.ts'
import { type Config, ConfigError, parseConfig } from '../config.ts'
import { createFront, type Front, type Platform } from '../front.ts'
import type { Lacks } from '../lacks.ts'
import { settingsOf } from '../settings.ts'
import { workerAcme } from './acme.ts'
import { workerTargets } from './targets.ts'
import { writeLine } from './write-line.ts'

const LACKS: Lacks = {
  logs: 'A worker cannot follow HAProxy’s log: read it on the node ("show events front_access" on its socket), or ask a front on Node',
  'node-ca':
    'A worker believes public authorities alone: give the node’s data plane a certificate of one of them, or add it to a front on Node',
}

/** The front in a worker or in the object that drives the nodes; they differ by their gateway. */
export async function startWorkerFront(
  env: Cloudflare.Env,
  gatewayOf: (config: Config) => NonNullable<Platform['gateway']>,
): Promise<{ front: Front; config: Config }> {
  const config = workerConfig(env)
  const store = env.STORE.idFromName('front')
  const front = await createFront({
    adapter: 'durable_object',
    kv: durableObjectKv(() => env.STORE.get(store) as unknown as StoreStub),
    secretKey: config.SECRET_KEY,
    log: createLog({ level: config.LOG_LEVEL, write: writeLine }),
    version: packageJson.version,
    settings: settingsOf(config),
    gateway: gatewayOf(config),
    clientAddress: (c) => c.req.header('cf-connecting-ip') ?? 'unknown',
    isOpenTo: () => false,
    lacks: LACKS,
    events: { isApart: true },
    alerts: alertPlatform(config),
    acme: workerAcme(config),
    docsAsset: async (name) => (await env.ASSETS.fetch(`http://assets/${name}`)).body ?? new Uint8Array(),
    targets: workerTargets(config),
  })
  return { front, config }
}

function workerConfig(env: Cloudflare.Env): Config & { SECRET_KEY: string } {
  const { SECRET_KEY, ...config } = parseConfig(variables(env))
  if (SECRET_KEY === undefined) {
    throw new ConfigError(['SECRET_KEY is not set: type "npx wrangler secret put SECRET_KEY"'])
  }
  if (config.DATAPLANE_CA !== undefined) {
    throw new ConfigError([
      'DATAPLANE_CA cannot be used in a worker, which believes public authorities alone: give the data plane a certificate of one of them',
    ])
  }
  if (config.ACME_CA !== undefined || config.ACME_DNS?.startsWith('rfc2136:')) {
    throw new ConfigError([
      'ACME_CA and ACME_DNS=rfc2136:… cannot be used in a worker: it believes public authorities alone, and has no connections to name servers',
    ])
  }
  return { ...config, SECRET_KEY }
}

/** Only strings: the other bindings are objects. */
function variables(env: Cloudflare.Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries<unknown>({ ...env }).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}
