import packageJson from '../package.json' with { type: 'json' }
import { AppError, STATUS } from '../shared/errors.ts'
import { durableObjectKv, type StoreStub } from '../shared/kv/durable-object.ts'
import { createLog } from '../shared/log/log.ts'
import { ConfigError, parseConfig } from './config.ts'
import { createFront, type Front } from './front.ts'
import type { Lacks } from './lacks.ts'
import { settingsOf } from './settings.ts'

export { Store } from './worker/store.ts'

const LACKS: Lacks = {
  logs: 'A worker cannot follow HAProxy’s log: read it on the node ("show events front_access" on its socket), or ask a front on Node',
}

/** An isolate serves many requests; one that could not start tries again with the next. */
let starting: Promise<Front> | undefined

export default {
  async fetch(request, env, context) {
    try {
      const { app } = await frontOf(env)
      return await app.fetch(request, {}, context)
    } catch (error) {
      return cannotStart(error)
    }
  },

  /** The cron's pass: once a minute is the least that a cron can do. */
  async scheduled(_controller, env) {
    await (await frontOf(env)).maintain()
  },
} satisfies ExportedHandler<Cloudflare.Env>

function frontOf(env: Cloudflare.Env): Promise<Front> {
  starting ??= startFront(env).catch((error) => {
    starting = undefined
    throw error
  })
  return starting
}

async function startFront(env: Cloudflare.Env): Promise<Front> {
  const config = parseConfig(variables(env))
  if (config.SECRET_KEY === undefined) {
    throw new ConfigError(['SECRET_KEY is not set: type "npx wrangler secret put SECRET_KEY"'])
  }
  const store = env.STORE.idFromName('front')
  const front = await createFront({
    kv: durableObjectKv(() => env.STORE.get(store) as unknown as StoreStub),
    secretKey: config.SECRET_KEY,
    log: createLog({ level: config.LOG_LEVEL, write: writeLine }),
    version: packageJson.version,
    settings: settingsOf(config),
    clientAddress: (c) => c.req.header('cf-connecting-ip') ?? 'unknown',
    isOpenTo: () => false,
    lacks: LACKS,
    events: { isApart: true },
    docsAsset: async (name) => (await env.ASSETS.fetch(`http://assets/${name}`)).body ?? new Uint8Array(),
  })
  // Nobody could read a token that were made here: the administrator sets it.
  if (config.ADMIN_TOKEN !== undefined) await front.ensureToken('admin', config.ADMIN_TOKEN)
  if (config.ENROLLMENT_TOKEN !== undefined) await front.ensureToken('enrollment', config.ENROLLMENT_TOKEN)
  return front
}

/** Only strings: the other bindings are objects. */
function variables(env: Cloudflare.Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries<unknown>({ ...env }).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}

function cannotStart(error: unknown): Response {
  const shown = error instanceof ConfigError || error instanceof AppError
  if (!shown) writeLine(String(error instanceof Error ? error.stack : error))
  const code = error instanceof AppError ? error.code : 'NOT_READY'
  const sentence = shown ? error.message : 'The front could not start; the log has the details'
  return Response.json({ success: false, error: sentence, code }, { status: STATUS[code] })
}

function writeLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: a worker has no other output.
  console.log(line.trimEnd())
}
