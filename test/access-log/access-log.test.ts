import { expect, it } from 'vitest'
import { createAccessLog } from '../../shared/access-log/access-log.ts'
import type { LogEntry } from '../../shared/access-log/entry.ts'

const line = (agentId: string, path: string, status = 200) =>
  JSON.stringify({
    ...{ t: 1_900_000_000.25, kind: 'http', client: '192.0.2.1', tls: 1, proto: 2, method: 'GET', host: 'a.test' },
    ...{ path, status, ms: 3, bytes: 7, lane: 'http', backend: 'front_lane', end: '--', route: `${agentId}.0f` },
  })

const clock = { nowMs: 0 }
const logOf = (options: object = {}) => createAccessLog({ now: () => clock.nowMs, ...options })
const pathsOf = (entries: LogEntry[]) => entries.map(({ path }) => path)

it('reads what HAProxy writes, and passes over what is none of it', () => {
  const log = logOf()
  for (const text of ['', 'Proxy front_http stopped (FE: 1).', '{"t":', '{}', 'null', '{"kind":"http"}', '[1]'])
    log.take(text, 'n')
  expect(log.newest({}, 10)).toEqual([])
  log.take(line('vps-1', '/x'), 'n')
  log.take(
    '{"t":1.5,"kind":"mongodb","client":"192.0.2.1","host":"-","ms":1,"bytes":0,"lane":"-","backend":"-","end":"PR","route":"-"}',
    'n',
  )
  expect(log.newest({}, 10)).toEqual([
    expect.objectContaining({ kind: 'mongodb', host: null, route: null, agentId: null, status: null, end: 'PR' }),
    expect.objectContaining({ at: '2030-03-17T17:46:40.250Z', node: 'n', agentId: 'vps-1', tls: true, protocol: 2 }),
  ])
})

it('keeps what others asked for where one is asked for most', () => {
  const log = logOf({ maxBytes: 200_000, maxLinesPerSecond: 1e9 })
  log.take(line('vps-2', '/rare'), 'n')
  for (let i = 0; i < 5_000; i++) log.take(line('vps-1', `/${i}`), 'n')
  expect(pathsOf(log.newest({ agentId: 'vps-2' }, 10))).toEqual(['/rare'])
  expect(pathsOf(log.newest({}, 2))).toEqual(['/4999', '/4998'])
  expect(log.newest({}, 10_000).length).toBeLessThan(400)
})

it('keeps so many lines of each agent', () => {
  const log = logOf({ maxLinesEach: 10 })
  for (let i = 0; i < 100; i++) log.take(line('vps-1', `/${i}`), 'n')
  const kept = pathsOf(log.newest({}, 100))
  expect(kept[0]).toBe('/99')
  expect(kept.length).toBeLessThanOrEqual(10)
})

it('drops and counts what comes too fast, and tells readers', () => {
  const log = logOf({ maxLinesPerSecond: 3 })
  const told: unknown[] = []
  const leave = log.follow(
    { agentId: 'vps-1', status: { first: 500, last: 599 } },
    { line: ({ path }) => told.push(path), dropped: (lines) => told.push(lines) },
  )
  log.take(line('vps-1', '/good'), 'n')
  log.take(line('vps-1', '/bad', 503), 'n')
  log.take(line('vps-2', '/other', 503), 'n')
  for (let i = 0; i < 4; i++) log.take(line('vps-1', '/late', 500), 'n')
  expect([told, log.counts]).toEqual([['/bad'], { taken: 3, dropped: 4 }])
  clock.nowMs += 1_000
  log.take(line('vps-1', '/next', 500), 'n')
  leave()
  log.take(line('vps-1', '/left', 500), 'n')
  expect(told).toEqual(['/bad', 4, '/next'])
})

it('shows nobody what was there before them', () => {
  const log = logOf()
  log.take(line('vps-1', '/former'), 'n')
  expect(log.newest({ agentId: 'vps-1', since: '2030-03-17T17:46:40.251Z' }, 10)).toEqual([])
  expect(log.newest({ agentId: 'vps-1', since: '2030-03-17T17:46:40.250Z' }, 10)).toHaveLength(1)
})
