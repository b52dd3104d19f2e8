import { createDataPlane } from '../../shared/dataplane/client.ts'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import { parseDataPlaneUrl } from '../../shared/dataplane/data-plane-url.ts'
import type { Config } from '../config.ts'

export interface NamedDataPlane {
  name: string
  dataPlane: DataPlane
}

export interface DataPlanes {
  all: NamedDataPlane[]
  /** For the start block. */
  description: string
  /** Starts what the front itself runs; `render` brings the maps' files up to date before each start of HAProxy. */
  start(render: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

/** Those that the configuration names, by host and port. */
export function remoteDataPlanes(urls: NonNullable<Config['DATAPLANE_URL']>): DataPlanes {
  const all = urls.map((text) => {
    const address = parseDataPlaneUrl(text)
    return { name: new URL(address.url).host, dataPlane: createDataPlane(address) }
  })
  return {
    all,
    description: all.map(({ dataPlane }) => dataPlane.url).join(', '),
    start: async () => undefined,
    stop: async () => undefined,
  }
}

export const openDataPlanes = (config: Config): DataPlanes => remoteDataPlanes(config.DATAPLANE_URL ?? [])
