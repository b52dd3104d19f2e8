import type { HttpOptions, MongodbOptions } from '../../shared/domain/route-options.ts'
import type { HttpRouteOptions, MongodbRouteOptions } from '../client/api.ts'

/** Options of the file, parsed, as the API takes them: URLs in one piece, and nothing that stands for a default. */
export function optionsToSend(options: HttpOptions | undefined): HttpRouteOptions
export function optionsToSend(options: MongodbOptions | undefined): MongodbRouteOptions
export function optionsToSend(options: HttpOptions | MongodbOptions = {}): object {
  const { servers, ...others } = options
  const given = Object.entries(others).filter(([, value]) => value !== null && value !== undefined)
  return { ...Object.fromEntries(given), ...(servers && { servers: servers.map(serverToSend) }) }
}

const serverToSend = (server: object) =>
  'url' in server ? { ...server, url: (server.url as { url: string }).url } : server
