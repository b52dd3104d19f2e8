/**
 * An agent's first steps: it registers, gets a route for an app, waits until it answers, lists its routes, and removes it.
 *
 *     FRONT=http://127.0.0.1:3005 TARGET=http://127.0.0.1:3000 node examples/client/main.ts
 */
import { createClient, FrontError } from './client.ts'

const { FRONT: url = 'http://127.0.0.1:3005', TARGET: targetUrl = 'http://127.0.0.1:3000' } = process.env
const { AGENT_ID: agentId = 'example-1', AGENT_KEY: agentKey = 'a-secret-of-the-example' } = process.env
const { ENROLLMENT_TOKEN: enrollmentToken } = process.env

const say = (line: string) => process.stdout.write(`${line}\n`)

try {
  const registration = { agentId, agentKey, targetIp: new URL(targetUrl).hostname, enrollmentToken }
  const { token, message } = await createClient({ url }).registerAgent({ body: registration })
  say(message)

  const front = createClient({ url, token })
  const made = await front.putHttpRoute({
    headers: { prefer: 'wait=10' },
    body: { agentId, subdomain: 'example', targetUrl, options: { check: { path: '/' } } },
  })
  say(`${made.url} leads to ${made.targetUrl}: ${made.status}`)

  const { routes } = await front.listRoutesOfAgent({ path: { agentId } })
  for (const route of routes) say(`- ${route.type} ${route.domain}: ${route.status}`)

  const removed = await front.removeRoute({ body: { agentId, type: 'http', subdomain: 'example' } })
  say(removed.message)
} catch (error) {
  if (!(error instanceof FrontError)) throw error
  // Each code is one of a list that the compiler knows.
  const hint = error.code === 'UNAUTHORIZED' ? ' (set ENROLLMENT_TOKEN)' : ''
  say(`${error.message}${hint}`)
  process.exitCode = 1
}
