import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import type { Certificate } from '../../../agent/certificates/certificate.ts'
import { createKeeper, type KeeperOptions } from '../../../agent/certificates/keeper.ts'
import { askBy } from '../../../agent/client/ask.ts'
import { createAskingClient } from '../../../agent/client/front-client.ts'
import { folderAt } from '../../../agent/config/folder.ts'
import { watchReachability } from '../../../agent/daemon/reachability.ts'
import { createLog } from '../../../shared/log/log.ts'
import { ADMIN_TOKEN } from '../../harness.ts'
import { newFolder } from '../../support/folder.ts'
import { AGENT_KEY, registered } from '../support.ts'

const DAY_MS = 86_400_000

/** A keeper over an empty folder, and what it has given to others. */
async function keeping({ from = 'csr' as 'csr' | 'front' } = {}) {
  const made = await registered()
  const { certificates: paths } = folderAt(join(newFolder(), 'state'))
  const given: Certificate[] = []
  const ended = new AbortController()
  const open = (others: Partial<KeeperOptions> = {}) =>
    createKeeper({
      agentId: 'vps-1',
      front: made.client,
      paths,
      from: () => from,
      now: () => made.front.clock.nowMs,
      pauseMs: () => 10,
      log: createLog({ write: () => undefined }),
      changed: (certificate) => void given.push(certificate),
      ...others,
    })
  const keeper = open()
  return { ...made, paths, given, keeper, open, signal: ended.signal, stop: () => ended.abort() }
}

const read = (path: string) => readFileSync(path, 'utf8')
const serialOf = (cert: string) => new X509Certificate(cert).serialNumber

it('the first certificate is for a key that nobody else has, in files that nobody else may read', async () => {
  const { keeper, paths, given, signal, calls } = await keeping()
  await keeper.ensure(signal)
  expect(calls).toEqual(['POST /api/certificates/agents/vps-1/csr'])
  const [ca, cert, key, both] = [paths.ca, paths.cert, paths.key, paths.mongodb].map(read) as [
    string,
    string,
    string,
    string,
  ]
  expect(given).toEqual([{ ca, cert, key }])
  expect(both).toContain(key.trim())
  expect(new X509Certificate(both.slice(both.indexOf('-----BEGIN CERTIFICATE'))).fingerprint256).toBe(
    new X509Certificate(cert).fingerprint256,
  )
  const modes = [paths.folder, paths.ca, paths.cert, paths.key, paths.mongodb].map(
    (path) => statSync(path).mode & 0o777,
  )
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600])
  await keeper.ensure(signal)
  expect(calls).toHaveLength(1)
})

it('it is renewed after two thirds of its time, with another key, also where it has expired meanwhile', async () => {
  const { keeper, given, signal, front } = await keeping()
  await keeper.ensure(signal)
  front.clock.nowMs += 59 * DAY_MS
  await keeper.ensure(signal)
  expect(given).toHaveLength(1)
  front.clock.nowMs += 2 * DAY_MS
  await keeper.ensure(signal)
  front.clock.nowMs += 200 * DAY_MS
  await keeper.ensure(signal)
  expect(new Set(given.map(({ key }) => key)).size).toBe(3)
  expect(keeper.report.facts?.notAfterMs).toBeGreaterThan(front.clock.nowMs)
})

it('one from the future, by a clock of the front that went back since, is replaced', async () => {
  const { keeper, given, signal, front } = await keeping()
  front.clock.nowMs += 3_650 * DAY_MS
  await keeper.ensure(signal)
  front.clock.nowMs -= 3_650 * DAY_MS
  await keeper.ensure(signal)
  expect(given).toHaveLength(2)
  expect(keeper.report.facts?.notBeforeMs).toBeLessThan(front.clock.nowMs)
})

it.each([-3_650, 70, 3_650])('the front’s clock counts, where this machine’s is ahead by %d days', async (days) => {
  const { keeper, open, given, signal, front, stop } = await keeping()
  await keeper.ensure(signal)
  const { ask, frontNow } = watchReachability({
    ask: askBy(async (request) => {
      const { status, body, headers } = await front.app.request(request)
      headers.set('date', new Date(front.clock.nowMs).toUTCString())
      return new Response(body, { status, headers })
    }),
    now: () => front.clock.nowMs + days * DAY_MS,
    elapsed: () => 0,
    told: () => undefined,
  })
  const client = createAskingClient({ url: 'http://127.0.0.1:3005', agentId: 'vps-1', agentKey: AGENT_KEY, ask })
  const looked = vi.fn(client.configuration)
  const again = open({ front: { ...client, configuration: looked }, now: frontNow })
  await again.load()
  const running = again.run(signal)
  await vi.waitFor(() => expect(looked).toHaveResolved())
  stop()
  await running
  expect(given).toHaveLength(1)
})

it('one that is of no use as soon as it comes is not asked for again and again', async () => {
  const { given, signal, front, open } = await keeping()
  const confused = open({ now: () => front.clock.nowMs + 70 * DAY_MS })
  await confused.ensure(signal)
  await confused.ensure(signal)
  expect(given).toHaveLength(1)
})

it('what a restart finds is used, unless it does not fit together or is not the agent’s any more', async () => {
  const { keeper, open, paths, signal, client, calls, given } = await keeping()
  await keeper.ensure(signal)
  const again = open()
  expect(await again.load()).toEqual(given[0])
  await again.ensure(signal)
  expect(given).toHaveLength(1)

  await client.revokeCertificates('superseded')
  const afterRevocation = open()
  await afterRevocation.load()
  await afterRevocation.ensure(signal)
  expect(given).toHaveLength(2)

  writeFileSync(paths.key, given[0]?.key ?? '')
  const torn = open()
  expect(await torn.load()).toBeNull()
  await torn.ensure(signal)
  expect(given).toHaveLength(3)
  expect(calls.filter((call) => call.endsWith('/csr'))).toHaveLength(3)
})

it('the seeds’ way: the front makes the key, and hands it over', async () => {
  const { keeper, paths, calls, signal } = await keeping({ from: 'front' })
  await keeper.ensure(signal)
  const first = read(paths.cert)
  await keeper.renew(signal)
  expect(calls).toEqual(['GET /api/config/vps-1', 'POST /api/certificates/agents/vps-1/renew'])
  expect(serialOf(read(paths.cert))).not.toBe(serialOf(first))
  expect(read(paths.key)).toContain('PRIVATE KEY')
})

it('a new CA of the front is believed before it signs', async () => {
  const { keeper, paths, given, signal, front, stop } = await keeping()
  const running = keeper.run(signal)
  await vi.waitFor(() => expect(given).toHaveLength(1))
  await front.call('POST', '/api/certificates/ca/rotate', { token: ADMIN_TOKEN })
  keeper.wake()
  await vi.waitFor(() => expect(given).toHaveLength(2))
  expect(read(paths.ca).match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  expect(given[1]?.cert).toBe(given[0]?.cert)
  stop()
  await running
})
