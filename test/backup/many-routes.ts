import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness } from '../harness.ts'
import { expectStatus } from '../support/routed-front.ts'
import { anyFront } from './support.ts'

export const AGENT_KEY = 'the-long-key-of-an-agent'

/** A front in this process, as another machine's would be, with an agent that has so many apps on this machine. */
export async function frontWithRoutes(count: number, port: number): Promise<Harness> {
  const own = { ports: [], addresses: () => [], services: [] }
  const resolve = async () => ({ addresses: ['127.0.0.1'], ttlSeconds: 60 })
  const front = await anyFront({ targets: { level: 'loopback', own, resolve } })
  const registered = { agentId: 'vps-1', agentKey: AGENT_KEY, targetIp: '127.0.0.1' }
  expectStatus(await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body: registered }), [201])
  const upsert = Array.from({ length: count }, (_, i) => ({
    type: 'http',
    agentId: 'vps-1',
    subdomain: `app-${i}`,
    targetUrl: `http://127.0.0.1:${port}`,
    options: { check: false },
  }))
  const answer = await front.call('POST', '/api/proxy/bulk', { token: ADMIN_TOKEN, body: { upsert } })
  expectStatus(answer, [200, 201, 202])
  return front
}
