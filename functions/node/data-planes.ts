import { join } from 'node:path'
import { createDataPlaneServer } from '../../haproxy/dataplane/server.ts'
import type { AccessLog } from '../../shared/access-log/access-log.ts'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Config } from '../config.ts'
import { configuredNodes } from '../configured-nodes.ts'
import type { NamedDataPlane } from '../open-gateway.ts'
import { assertFree, haproxyPlaces } from './free-ports.ts'
import { readCa } from './read-ca.ts'
import { StartError } from './start-error.ts'

export interface DataPlanes {
  all: NamedDataPlane[]
  /** For the start block. */
  description: string
  /** Starts what the front itself runs; `render` brings the maps' files up to date before each start of HAProxy. */
  start(render: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

const LOCAL = 'local'
/** Of haproxy.cfg. */
const ACCESS_RING = 'front_access'

/** Those that the configuration names; otherwise one in this process, over a HAProxy of this machine. */
export const openDataPlanes = (
  config: Config,
  dataDir: string,
  { log, accessLog }: { log: Log; accessLog: AccessLog },
): Promise<DataPlanes> | DataPlanes =>
  config.DATAPLANE_URL
    ? remoteDataPlanes(config.DATAPLANE_URL, config.DATAPLANE_CA)
    : localDataPlane(config, dataDir, { log, accessLog })

function remoteDataPlanes(urls: string[], caFile: string | undefined): DataPlanes {
  const { fetch, close } = createNodeFetch(caFile === undefined ? {} : { ca: readCa('DATAPLANE_CA', caFile) })
  const all = configuredNodes(urls, fetch)
  return {
    all,
    description: all.map(({ dataPlane }) => dataPlane.url).join(', '),
    start: async () => undefined,
    stop: async () => close(),
  }
}

async function localDataPlane(
  config: Config,
  dataDir: string,
  { log, accessLog }: { log: Log; accessLog: AccessLog },
): Promise<DataPlanes> {
  // Where HAProxy sends its log, it would come twice.
  const ring = config.LOG_LISTEN
    ? undefined
    : { name: ACCESS_RING, line: (text: string) => accessLog.take(text, LOCAL), missed: accessLog.miss }
  let beforeStart: () => Promise<void> = async () => undefined
  const folder = join(dataDir, 'haproxy')
  const server = await explaining(() =>
    createDataPlaneServer({ folder, log, ...(ring && { ring }), beforeStart: () => beforeStart() }),
  )
  const { app } = server
  const dataPlane = createDataPlane({
    url: 'http://in-process',
    username: '',
    password: '',
    fetch: (request) => app.fetch(request),
  })
  return {
    all: [{ name: LOCAL, dataPlane }],
    description: `in this process, over the HAProxy in ${folder}`,
    async start(render) {
      beforeStart = render
      // One that runs already has them.
      await explaining(() => server.start(() => assertFree(haproxyPlaces(config))))
    },
    stop: () => server.stop({ keepHaproxy: config.KEEP_HAPROXY }),
  }
}

async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    const isMissing = 'code' in error && error.code === 'ENOENT'
    throw new StartError(isMissing ? 'HAProxy is not installed: type "apt-get install haproxy"' : error.message, cause)
  }
}
