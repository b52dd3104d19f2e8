import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import { StartError } from './start-error.ts'

const REASONS: Record<string, string> = {
  EADDRINUSE: 'is in use by another program: stop that one, or choose another port',
  EACCES: 'is not for this user: start as root, or choose a port above 1023',
  EADDRNOTAVAIL: 'cannot be used: BIND is no address of this machine',
}

/** HAProxy would share a port with another HAProxy without a word, and each would get a part of the requests. */
export async function assertFree(config: Config): Promise<void> {
  for (const name of ['HTTP_PORT', 'HTTPS_PORT', 'MONGO_PORT', 'STATS_PORT'] as const) {
    const server = createServer()
    try {
      server.listen({ port: config[name], host: config.BIND, exclusive: true })
      await once(server, 'listening')
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
      throw new StartError(`${name} ${config[name]} ${REASONS[code] ?? `cannot be used (${code})`}`, cause)
    } finally {
      server.close()
    }
  }
}
