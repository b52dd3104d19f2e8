import { expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { openBySni } from '../support/load/echo.ts'
import { startNamedTarget, startTlsTarget } from '../support/named-targets.ts'
import { expectStatus, put, startRoutedFront } from '../support/routed-front.ts'

const OTHERS = Array.from({ length: 99 }, (_, i) => `2001:db8:${i}::/48`)

it.each([
  { where: 'first', allowFrom: ['127.0.0.1/32', ...OTHERS] },
  { where: 'last', allowFrom: [...OTHERS, '127.0.0.1/32'] },
])('lets in whom the longest list names $where, and nobody whom it does not', async ({ allowFrom }) => {
  const { agent, ports, hostOf, databaseOf } = await startRoutedFront()
  const [app, database] = [await startNamedTarget('app'), await startTlsTarget('database')]
  const address = { targetHost: '127.0.0.1', targetPort: database.port }
  await put(agent, 'open', app.url, { allowFrom })
  await put(agent, 'closed', app.url, { allowFrom: [...OTHERS, '192.0.2.0/24'] })
  expectStatus(await agent.post('/api/proxy/mongodb', { ...address, options: { allowFrom } }), [201])
  const closed = { ...address, name: 'closed', options: { allowFrom: OTHERS } }
  expectStatus(await agent.post('/api/proxy/mongodb', closed), [201])

  expect((await ask(ports.http, hostOf('open'))).status).toBe(200)
  const refused = await ask(ports.http, hostOf('closed'))
  expect(refused.status).toBe(403)
  expect(refused.body).toContain('This is not open to you')
  const conversation = await openBySni(ports.mongo, databaseOf('vps-1'))
  expect(await conversation.say('hello')).toBe('database')
  conversation.close()
  await expect(openBySni(ports.mongo, databaseOf('closed.vps-1'))).rejects.toThrow()
})
