import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDataPlaneServer } from '../../haproxy/dataplane/server.ts'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import { createLog } from '../../shared/log/log.ts'
import { dataPlaneConformance } from './conformance.ts'
import { HAPROXY } from './support.ts'

dataPlaneConformance('the embedded one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'front-'))
  const server = await createDataPlaneServer({ folder, haproxy: HAPROXY, log: createLog({ write: () => undefined }) })
  await server.start()
  const credentials = { url: 'http://in-process', username: '', password: '' }
  return {
    dataPlane: createDataPlane({ ...credentials, fetch: (request) => server.app.fetch(request) }),
    async close() {
      await server.stop({ keepHaproxy: false })
      rmSync(folder, { recursive: true, force: true })
    },
  }
})
