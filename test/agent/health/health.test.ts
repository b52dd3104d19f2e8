import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createHealth, type HealthSubject } from '../../../agent/health/health.ts'
import { probe } from '../../../agent/health/probe.ts'
import { judge, UNSEEN } from '../../../agent/health/rise-and-fall.ts'
import { HttpCheck } from '../../../shared/domain/options/check.ts'
import { createLog } from '../../../shared/log/log.ts'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { freePort } from '../../support/ports.ts'
import { startSwitchables } from '../../support/switchable-target.ts'
import { listen, startTarget } from '../../support/targets.ts'

const at = (port: number, more: object = {}) => ({
  ...{ host: '127.0.0.1', port, tls: false, protocol: 'http1' as const },
  ...more,
})
const http = (more: object = {}) => HttpCheck.parse({ path: '/health', ...more })

it('says in words why something does not serve', async () => {
  const [target] = await startSwitchables('app')
  if (!target) throw new Error('no target')
  const port = Number(new URL(target.url).port)
  const pem = (await createCertificates()).edge
  const silent = await listen(createTcpServer())
  const [h2c, secure] = [
    await startTarget('h2c', { speaks: 'h2c' }),
    await startTarget('tls', { speaks: 'https', pem }),
  ]
  expect(await probe(http(), at(port))).toBeNull()
  expect(await probe(http({ expectStatus: 204 }), at(port))).toBe('answered 200 to /health instead of 204')
  target.health = 503
  expect(await probe(http(), at(port))).toBe('answered 503 to /health')
  expect(await probe(true, at(port))).toBeNull()
  expect(await probe(http(), at(h2c.port, { protocol: 'h2c' }))).toBeNull()
  expect(await probe(http(), at(secure.port, { tls: true }))).toBeNull()
  expect(await probe(true, at(secure.port, { tls: true }))).toBeNull()
  expect(await probe(true, at(await freePort()))).toBe('nobody listens there')
  expect(await probe(http(), at(await freePort()))).toBe('nobody listens there')
  expect(await probe(http(), at(silent), 50)).toBe('gave no answer within 0.05 s')
  expect(await probe(true, at(silent, { tls: true }), 50)).toBe('gave no answer within 0.05 s')
  expect(await probe(true, at(port, { tls: true }))).toBe('speaks no TLS')
})

it('needs some answers in a row to think otherwise', () => {
  const verdicts: (boolean | null)[] = []
  let judgement = UNSEEN
  for (const answer of 'bggbgbbgbbbgg') {
    judgement = judge(judgement, answer === 'g' ? null : 'answered 500', { rise: 2, fall: 3 })
    verdicts.push(judgement.healthy)
  }
  const [well, ill] = [true, false]
  expect(verdicts).toEqual([ill, ill, well, well, well, well, well, well, well, well, ill, ill, well])
})

it('watches apps and databases, and reports them as a heartbeat wants them', async () => {
  const [target] = await startSwitchables('app')
  if (!target) throw new Error('no target')
  const said: string[] = []
  const changes = new EventTarget()
  const health = createHealth({
    log: createLog({ write: (line) => said.push(line), format: 'text' }),
    changed: () => changes.dispatchEvent(new Event('change')),
    pingerOf: () => ({ ping: async () => 'refused the password', close: async () => undefined }),
  })
  onTestFinished(() => health.stop())
  const upstream = at(Number(new URL(target.url).port))
  const subjects: HealthSubject[] = [
    { type: 'app', name: 'shop', check: http({ intervalSeconds: 1, fall: 1, rise: 1 }), upstream },
    { type: 'app', name: 'unchecked', check: false, upstream },
    { type: 'app', name: 'stopped', check: true, upstream: null },
    { type: 'database', name: 'main', check: true, upstream, admin: 'mongodb://127.0.0.1' },
  ]
  const changed = () => once(changes, 'change')
  health.watch(subjects)
  expect(health.report().apps[0]).toEqual({ name: 'shop', status: 'unknown', message: null })
  await Promise.all([changed(), changed()])
  while (health.report().databases[0]?.status === 'unknown' || health.report().apps[0]?.status === 'unknown')
    await changed()
  expect(health.report()).toEqual({
    apps: [
      { name: 'shop', status: 'healthy', message: null },
      { name: 'unchecked', status: 'unknown', message: null },
      { name: 'stopped', status: 'unhealthy', message: 'does not run' },
    ],
    databases: [{ name: 'main', status: 'unhealthy', message: 'refused the password' }],
  })
  target.health = 500
  await changed()
  // The same again starts nothing anew.
  health.watch(subjects.slice(0, 1))
  expect(health.report()).toEqual({
    apps: [{ name: 'shop', status: 'unhealthy', message: 'answered 500 to /health' }],
    databases: [],
  })
  expect(said.join('')).toContain('app shop is unhealthy: answered 500 to /health')
})
