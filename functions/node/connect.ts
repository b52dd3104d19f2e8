import { createDataPlane } from '../../shared/dataplane/client.ts'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import type { Connect } from '../open-gateway.ts'

/** To a node that was added, believing its own CA where it has one. */
export const connectNode: Connect = ({ ca, ...address }) => {
  const { fetch, close } = createNodeFetch(ca === null ? {} : { ca })
  return { dataPlane: createDataPlane({ ...address, fetch }), close }
}
