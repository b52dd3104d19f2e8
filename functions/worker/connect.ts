import { createDataPlane } from '../../shared/dataplane/client.ts'
import type { Connect } from '../open-gateway.ts'

/** A worker's fetch takes no CA. A node that has one was brought here from a front on Node. */
export const connectNode: Connect = ({ ca, ...address }) => ({
  dataPlane: createDataPlane({
    ...address,
    fetch:
      ca === null
        ? (request) => fetch(request)
        : () => Promise.reject(Object.assign(new Error(), { code: 'a worker takes no CA of its own' })),
  }),
  close: () => undefined,
})
