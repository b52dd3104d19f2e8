import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { createLog } from '../../shared/log/log.ts'
import { readSettings, type Settings, SettingsError } from './environment.ts'
import { createDataPlaneServer } from './server.ts'
import { StartRefusal } from './start-refusal.ts'

/** The embedded data plane on a port of its own, for a HAProxy on another machine than the front. */
async function main(): Promise<void> {
  const settings = readSettings(process.env)
  const log = createLog({ write: (line) => process.stdout.write(line), format: process.stdout.isTTY ? 'text' : 'json' })
  const { user, password } = settings
  const dataPlane = await createDataPlaneServer({ ...settings, log, auth: { user, password } })
  const { adopted } = await dataPlane.start()
  const close = await listen(settings, getRequestListener(dataPlane.app.fetch)).catch(async (error) => {
    await dataPlane.stop({ keepHaproxy: adopted })
    throw error
  })
  log.info('the data plane answers', { url: urlOf(settings), haproxy: dataPlane.pid, adopted })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, async () => {
      close()
      await dataPlane.stop({ keepHaproxy: settings.keepHaproxy })
      process.exit(0)
    })
}

async function listen({ host, port, tls }: Settings, listener: RequestListener): Promise<() => void> {
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new SettingsError([
          `DATAPLANE_PORT ${port} cannot be opened on ${host} (${cause.code}): set it to another number`,
        ]),
      ),
    )
    server.listen(port, host, resolve)
  })
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

const urlOf = ({ host, port, tls }: Settings) => `${tls ? 'https' : 'http'}://${host}:${port}`

main().catch((error: Error) => {
  process.stderr.write(
    `${error instanceof SettingsError || error instanceof StartRefusal ? error.message : (error.stack ?? error.message)}\n`,
  )
  process.exit(1)
})
