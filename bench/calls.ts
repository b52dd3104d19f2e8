import { Hono } from 'hono'
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import { parseConfig } from '../functions/config.ts'
import { createFront, type Front } from '../functions/front.ts'
import { settingsOf } from '../functions/settings.ts'
import type { AgentRecord } from '../shared/identity/agent-record.ts'
import { memoryKv } from '../shared/kv/memory.ts'
import { createLog } from '../shared/log/log.ts'
import { compare, microsEach, print } from './measure.ts'

const CALLS = 500
const PATH = '/api/agents/vps-1'

/** An agent reads its own record: through the whole app, and through a bare handler that verifies the token with jose alone. */
export async function run(): Promise<void> {
  const front = await createFront({
    kv: memoryKv(),
    secretKey: crypto.randomUUID(),
    log: createLog({ write: () => undefined }),
    version: '0.0.0',
    settings: settingsOf(parseConfig({})),
    clientAddress: () => '127.0.0.1',
    isOpenTo: () => true,
    docsAsset: async () => new Uint8Array(),
  })
  const { token, keys } = await registered(front)
  const bare = bareApp(front, keys)
  const headers = { authorization: `Bearer ${token}` }
  const ask = (app: { request: Hono['request'] }) => async () => {
    const response = await app.request(PATH, { headers })
    if (response.status !== 200) throw new Error(`${PATH} answered ${response.status}`)
    await response.text()
  }
  print(
    'an authenticated read',
    await compare([
      { name: 'bare handler, jose alone', round: () => microsEach(CALLS, ask(bare)) },
      { name: 'the app', round: () => microsEach(CALLS, ask(front.app as unknown as Hono)) },
    ]),
  )
  await front.kv.close()
}

async function registered({ app }: Front): Promise<{ token: string; keys: JWK[] }> {
  const body = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }
  const response = await app.request('/api/agents/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { token } = (await response.json()) as { token: string }
  const { keys } = (await (await app.request('/.well-known/jwks.json')).json()) as { keys: JWK[] }
  return { token, keys }
}

function bareApp({ kv }: Front, keys: JWK[]): Hono {
  const findKey = createLocalJWKSet({ keys })
  const app = new Hono()
  app.get('/api/agents/:agentId', async (c) => {
    const token = c.req.header('authorization')?.slice('Bearer '.length) ?? ''
    const { payload } = await jwtVerify(token, findKey, { algorithms: ['ES256'], audience: 'cloudlunacy-front' })
    const agent = await kv.get<AgentRecord>(`agents/${payload.sub}`)
    return c.json({ success: true, agent: agent?.value })
  })
  return app
}
