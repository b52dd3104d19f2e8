import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createDataPlane } from '../../shared/dataplane/client.ts'

const LIMIT_MS = 100

test('an answer that came while the process was busy is taken, however long that was', async () => {
  const dataPlane = createDataPlane({
    url: 'http://node',
    username: 'admin',
    password: 'secret',
    fetch: async () => {
      await setImmediate()
      for (const until = performance.now() + 3 * LIMIT_MS; performance.now() < until; );
      await setImmediate()
      await setImmediate()
      return Response.json(7)
    },
  })
  expect(await dataPlane.version({ timeoutMs: LIMIT_MS })).toBe(7)
})
