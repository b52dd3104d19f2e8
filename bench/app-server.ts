import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { App } from '../functions/app-env.ts'
import { parseConfig } from '../functions/config.ts'
import { createFront } from '../functions/front.ts'
import { socketAddress } from '../functions/node/client.ts'
import { processLog } from '../functions/node/log-output.ts'
import { settingsOf } from '../functions/settings.ts'
import { memoryKv } from '../shared/kv/memory.ts'

/** One of the two servers that `bench/app.ts` compares, in a process of its own; says its port to its parent. */
function bare(): Hono {
  const app = new Hono()
  app.get('/api/health/live', (c) => c.json({ success: true, status: 'live' }))
  return app
}

async function whole(): Promise<App> {
  const { log } = processLog('info', process.stdout)
  const { app } = await createFront({
    kv: memoryKv(),
    secretKey: crypto.randomUUID(),
    log,
    version: '0.0.0',
    settings: settingsOf(parseConfig({})),
    clientAddress: socketAddress,
    isOpenTo: () => false,
    docsAsset: async () => new Uint8Array(),
  })
  return app
}

const { fetch } = process.argv[2] === 'bare' ? bare() : await whole()
const server = createServer(getRequestListener(fetch))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
