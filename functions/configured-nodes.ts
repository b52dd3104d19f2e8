import { createDataPlane } from '../shared/dataplane/client.ts'
import { parseDataPlaneUrl } from '../shared/dataplane/data-plane-url.ts'
import type { NamedDataPlane } from './open-gateway.ts'

/** The data planes of DATAPLANE_URL, named by host and port. */
export const configuredNodes = (
  urls: readonly string[],
  fetch: (request: Request) => Response | Promise<Response>,
): NamedDataPlane[] =>
  urls.map((text) => {
    const address = parseDataPlaneUrl(text)
    return { name: new URL(address.url).host, dataPlane: createDataPlane({ ...address, fetch }) }
  })
