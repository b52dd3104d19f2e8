import { describe, it } from 'vitest'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import { parseDataPlaneUrl } from '../../shared/dataplane/data-plane-url.ts'
import { dataPlaneConformance } from './conformance.ts'

const url = process.env.REAL_DATAPLANE_URL

if (url) {
  dataPlaneConformance('the real one', async () => ({
    dataPlane: createDataPlane(parseDataPlaneUrl(url)),
    close: async () => {},
  }))
} else {
  describe('data plane: the real one', () => {
    it.skip('needs REAL_DATAPLANE_URL, with its credentials, of one on this machine', () => {})
  })
}
