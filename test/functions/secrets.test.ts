import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { startFront } from '../support/front-process.ts'

const ADMIN_TOKEN = 'the-admin-token-of-this-test'
const SECRET_KEY = 'the-secret-key-of-this-test-32-letters'

it('no secret is in a log, an error, the audit log, or a file that others can read', async () => {
  const front = await startFront({ ADMIN_TOKEN, SECRET_KEY, LOG_LEVEL: 'debug', DATA_DIR: newFolder() })
  const secrets = [ADMIN_TOKEN, SECRET_KEY]
  const said: string[] = []
  const call = async (method: string, path: string, { token, body }: { token?: string; body?: object } = {}) => {
    const response = await fetch(front.url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) said.push(text)
    return text.startsWith('{') ? JSON.parse(text) : {}
  }

  const enrollment = await call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'enrollment', uses: 1 } })
  const agentKey = 'the-key-of-the-agent-of-this-test'
  const agent = { agentId: 'vps-1', agentKey, targetIp: '203.0.113.7', enrollmentToken: enrollment.token }
  const { token } = await call('POST', '/api/agents/register', { body: agent })
  const config = await call('GET', '/api/config/vps-1', { token })
  const rotated = await call('POST', '/api/agents/vps-1/rotate-key', { token })
  const privateKey = config.certificates.key.split('\n')[1]
  secrets.push(enrollment.token, agentKey, token, rotated.agentKey, privateKey)

  // Each of them where it is wrong, so that an answer or a log line might repeat it.
  for (const secret of [...secrets]) {
    await call('GET', '/api/agents', { token: secret === ADMIN_TOKEN ? `${secret}x` : secret })
    await call('GET', `/api/${encodeURIComponent(secret.slice(0, 20))}?token=${encodeURIComponent(secret)}`)
    await call('POST', '/api/agents/authenticate', { body: { agentId: 'vps-1', agentKey: secret } })
    await call('POST', '/api/agents/register', { body: { ...agent, agentId: secret, agentKey: `${secret} ` } })
    await call('PUT', '/api/certificates/edge/shop', {
      token: ADMIN_TOKEN,
      body: { pem: config.certificates.key + secret },
    })
  }
  const audit = JSON.stringify(await call('GET', '/api/audit', { token: ADMIN_TOKEN }))
  const listed = JSON.stringify([
    await call('GET', '/api/tokens', { token: ADMIN_TOKEN }),
    await call('GET', '/api/certificates', { token: ADMIN_TOKEN }),
  ])
  front.child.kill('SIGTERM')
  await front.exited

  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(15)
    for (const [where, text] of Object.entries({ log: front.output(), errors: said.join('\n'), audit, listed })) {
      expect([where, secret, text.includes(secret)]).toEqual([where, secret, false])
    }
  }
  for (const name of readdirSync(front.dataDir, { encoding: 'utf8', recursive: true })) {
    const path = join(front.dataDir, name)
    expect([name, statSync(path).mode & 0o077]).toEqual([name, 0])
    if (!statSync(path).isFile()) continue
    const bytes = readFileSync(path, 'latin1')
    for (const secret of secrets) expect([name, secret, bytes.includes(secret)]).toEqual([name, secret, false])
  }
})
