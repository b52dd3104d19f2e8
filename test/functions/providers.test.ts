import { expect, it } from 'vitest'
import { createSimpleProvider } from '../../shared/providers/simple-provider.ts'
import { ADMIN_TOKEN, harness } from '../harness.ts'

const WEB = { name: 'web', hosts: ['www.example.org'], servers: [{ name: 'srv1', address: '203.0.113.7', port: 80 }] }

it('tells of what is put by hand where nothing else is named', async () => {
  const { call } = await harness()
  await call('PUT', '/api/backends/api', { token: ADMIN_TOKEN, body: { servers: [] } })
  const { status, body } = await call('GET', '/api/providers', { token: ADMIN_TOKEN })
  expect(status).toBe(200)
  expect(body).toMatchObject({ source: null, providers: [{ name: 'api', kind: 'api', state: 'running', backends: 1 }] })
})

it('tells how each provider is, what it has told, and what was wrong with it', async () => {
  const { call, services } = await harness({ reconcileIntervalMs: 60_000 })
  const source = createSimpleProvider([WEB, { ...WEB, name: 'metadata', hosts: [] }])
  await services.providers.configure([{ name: 'database', kind: 'sql', print: '1', open: () => source }])
  await source.add({ ...WEB, name: 'wrong', servers: [{ name: 'srv1', address: '203.0.113.7', port: 0 }] })
  const read = async () => (await call('GET', '/api/providers', { token: ADMIN_TOKEN })).body.providers[1]
  let told = await read()
  while (told.backends < 2 || told.refused === 0) told = await read()
  expect(told).toMatchObject({
    name: 'database',
    kind: 'sql',
    state: 'running',
    backends: 2,
    lastError: null,
    nextTryAt: null,
    events: { added: 3, updated: 0, deleted: 0 },
    channel: { waiting: 0, size: 100 },
    refused: 1,
    problems: [{ name: 'wrong', reason: expect.stringMatching(/^servers\[0\]\.port /) }],
  })
  await services.providers.stop()
})
