import { AppError, STATUS } from '../shared/errors.ts'
import { type GatewayStub, remoteGateway } from '../shared/gateway/remote-gateway.ts'
import { ConfigError } from './config.ts'
import type { Front } from './front.ts'
import { startWorkerFront } from './worker/front.ts'
import { writeLine } from './worker/write-line.ts'

export { Gateway } from './worker/gateway.ts'
export { Store } from './worker/store.ts'

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
    await gatewayOf(env).wake()
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
  const { front, config } = await startWorkerFront(env, () =>
    remoteGateway(() => gatewayOf(env) as unknown as GatewayStub),
  )
  // Nobody could read a token that were made here: the administrator sets it.
  if (config.ADMIN_TOKEN !== undefined) await front.ensureToken('admin', config.ADMIN_TOKEN)
  if (config.ENROLLMENT_TOKEN !== undefined) await front.ensureToken('enrollment', config.ENROLLMENT_TOKEN)
  if (config.METRICS_TOKEN !== undefined) await front.ensureToken('metrics', config.METRICS_TOKEN)
  return front
}

const gatewayOf = ({ GATEWAY }: Cloudflare.Env) => GATEWAY.get(GATEWAY.idFromName('front'))

function cannotStart(error: unknown): Response {
  const shown = error instanceof ConfigError || error instanceof AppError
  if (!shown) writeLine(String(error instanceof Error ? error.stack : error))
  const code = error instanceof AppError ? error.code : 'NOT_READY'
  const sentence = shown ? error.message : 'The front could not start; the log has the details'
  return Response.json({ success: false, error: sentence, code }, { status: STATUS[code] })
}
