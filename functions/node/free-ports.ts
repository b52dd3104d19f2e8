import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import { listenError, type Place } from './listen-error.ts'

/** HAProxy would share a port with another HAProxy without a word, and each would get a part of the requests. */
export const haproxyPlaces = (config: Config): Place[] =>
  (['HTTP_PORT', 'HTTPS_PORT', 'MONGO_PORT', 'STATS_PORT'] as const).map((portName) => ({
    portName,
    port: config[portName],
    hostName: 'BIND',
    host: config.BIND,
  }))

export async function assertFree(places: Place[]): Promise<void> {
  for (const place of places) {
    const server = createServer()
    try {
      server.listen({ port: place.port, host: place.host, exclusive: true })
      await once(server, 'listening')
    } catch (error) {
      throw listenError(error as NodeJS.ErrnoException, place)
    } finally {
      server.close()
    }
  }
}
