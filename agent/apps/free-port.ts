import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what the kernel gives to outgoing connections: one of those may be taken again before the app listens. */
const LOWEST = 20_000
const COUNT = 12_000

export async function freePort(random: () => number): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(random() * COUNT)
    if (await isFree(port)) return port
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
