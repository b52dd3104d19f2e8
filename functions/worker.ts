import packageJson from '../package.json' with { type: 'json' }
import { AppError, STATUS } from '../shared/errors.ts'
import { ensureFirstToken } from '../shared/identity/first-tokens.ts'
import { assertSecretKey } from '../shared/identity/key-check.ts'
import { keyedHash } from '../shared/identity/keyed-hash.ts'
import { durableObjectKv, type StoreStub } from '../shared/kv/durable-object.ts'
import { migrate } from '../shared/kv/schema.ts'
import { type StagedKv, stagedKv } from '../shared/kv/staged/staged.ts'
import { createLog, type Log } from '../shared/log/log.ts'
import { createApp } from './app.ts'
import { ConfigError, parseConfig } from './config.ts'
import type { App } from './deps.ts'

export { Store } from './worker/store.ts'

interface Front {
  app: App
  kv: StagedKv
  log: Log
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

  /** The cron's pass: what a front began and did not live to finish. */
  async scheduled(_controller, env) {
    const { kv, log } = await frontOf(env)
    const changes = await kv.recover()
    if (changes > 0) log.warn('Finished or undid large changes that were cut off', { changes })
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
  const log = createLog({ level: config.LOG_LEVEL, write: writeLine })
  const store = env.STORE.idFromName('front')
  const kv = stagedKv(durableObjectKv(() => env.STORE.get(store) as unknown as StoreStub))
  const hash = await keyedHash(config.SECRET_KEY)
  await migrate(kv)
  await assertSecretKey(kv, hash)
  // Nobody could read a token that were made here: the administrator sets it.
  for (const [kind, given] of [
    ['admin', config.ADMIN_TOKEN],
    ['enrollment', config.ENROLLMENT_TOKEN],
  ] as const) {
    if (given !== undefined) await ensureFirstToken(kv, hash, { kind, given, random: () => new Uint8Array() })
  }
  const app = createApp({
    kv,
    log,
    version: packageJson.version,
    docsAsset: async (name) => (await env.ASSETS.fetch(`http://assets/${name}`)).body ?? new Uint8Array(),
    now: Date.now,
    newId: () => crypto.randomUUID(),
  })
  return { app, kv, log }
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
