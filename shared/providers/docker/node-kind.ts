import { z } from 'zod'
import { TargetHost } from '../../domain/target-host.ts'
import { bareHost } from '../../lib/bare-host.ts'
import { createNodeFetch } from '../../lib/node-fetch.ts'
import { providerKind } from '../kind.ts'
import { closingToo, readCa, readPem } from '../node-read.ts'
import { createDockerProvider } from './docker-provider.ts'

const SOCKET = '/var/run/docker.sock'
const PATH = z.string().min(1).optional()

const options = z.strictObject({
  socket: z.string().startsWith('/', 'must be a path that begins with a slash').optional(),
  url: z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' }).optional(),
  ca: PATH,
  cert: PATH,
  key: PATH,
  network: z.string().min(1).optional(),
  hostAddress: TargetHost.optional(),
})

export const dockerKind = providerKind({
  options: options.refine(({ socket, url }) => socket === undefined || url === undefined, {
    message: 'must be left out where url is given',
    path: ['socket'],
  }),
  open({ socket = SOCKET, url, ca, cert, key, ...rest }) {
    const target =
      url === undefined ? { socketPath: socket } : { ca: readCa(ca), cert: readPem(cert), key: readPem(key) }
    const { fetch, close } = createNodeFetch(target)
    const place = url === undefined ? null : new URL(url)
    const hostAddress = rest.hostAddress ?? (place ? bareHost(place.hostname) : undefined)
    const provider = createDockerProvider({
      ...rest,
      hostAddress,
      name: place?.origin ?? socket,
      origin: place?.origin,
      fetch,
    })
    return closingToo(provider, close)
  },
})
