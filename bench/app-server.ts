import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createApp } from '../functions/app.ts'
import { processLog } from '../functions/node/log-output.ts'
import { memoryKv } from '../shared/kv/memory.ts'

/** One of the two servers that `bench/app.ts` compares, in a process of its own; says its port to its parent. */
function bare(): Hono {
  const app = new Hono()
  app.get('/api/health/live', (c) => c.json({ success: true, status: 'live' }))
  return app
}

const { log } = processLog('info', process.stdout)
const app =
  process.argv[2] === 'bare'
    ? bare()
    : createApp({
        kv: memoryKv(),
        log,
        version: '0.0.0',
        docsAsset: async () => new Uint8Array(),
        now: Date.now,
        newId: () => crypto.randomUUID(),
      })
const server = createServer(getRequestListener(app.fetch))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
