import { type Answer, ENROLLMENT_TOKEN, type Harness, type HarnessOptions, harness } from '../harness.ts'
import { type FakeGateway, fakeGateway } from './fake-gateway.ts'

export const keyOf = (agentId: string) => `clk_${agentId.padEnd(43, 'k')}`

export interface RoutesHarness extends Harness {
  gateway: FakeGateway
  /** Registers it, and gives back its token. */
  agent(agentId: string, fields?: object): Promise<string>
  http(token: string, body: object, headers?: Record<string, string>): Promise<Answer>
  remove(token: string, body: object): Promise<Answer>
  routesOf(agentId: string, token: string): Promise<Answer['body'][]>
  /** Everything that the store holds under a prefix. */
  stored(prefix: string): Promise<{ key: string; value: unknown }[]>
}

/** A front with a gateway that remembers. */
export async function routesHarness(options: HarnessOptions = {}): Promise<RoutesHarness> {
  const gateway = fakeGateway()
  const front = await harness({ gateway, ...options })
  return {
    ...front,
    gateway,
    async agent(agentId, fields = {}) {
      const body = { agentId, agentKey: keyOf(agentId), targetIp: '203.0.113.7', ...fields }
      return (await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body })).body.token
    },
    http: (token, body, headers) => front.call('POST', '/api/proxy/http', { token, body, ...(headers && { headers }) }),
    remove: (token, body) => front.call('DELETE', '/api/proxy', { token, body }),
    routesOf: async (agentId, token) =>
      (await front.call('GET', `/api/proxy/agents/${agentId}`, { token })).body.routes,
    stored: async (prefix) => (await front.kv.list(prefix)).entries.map(({ key, value }) => ({ key, value })),
  }
}
