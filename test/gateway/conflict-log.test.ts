import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { backendKey, PROVIDER_ORDER } from '../../shared/backends/store-keys.ts'
import { createBackendTable } from '../../shared/gateway/backend-table.ts'
import { createConflictLog } from '../../shared/gateway/conflict-log.ts'
import { createLog } from '../../shared/log/log.ts'
import { backendRecord } from './backend-record.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A table of backends whose conflicts are told; each line as who wants what of whom. */
function start() {
  const agents = new Set<string>()
  const table = createBackendTable((host) => agents.has(host))
  const lines: string[] = []
  const log = createLog({
    write(line) {
      const { level, provider, backend, wants, has, more } = JSON.parse(line)
      lines.push(more ? `${more} more` : `${level} ${provider}/${backend}: ${wants} of ${has}`)
    },
  })
  const conflicts = createConflictLog(table, { log, signal: new AbortController().signal })
  let version = 0
  const put = (provider: string, name: string, hosts: string[] | null) => {
    const value = hosts && backendRecord(provider, { name, hosts })
    table.put([{ key: backendKey(provider, name), value, version: ++version }])
    table.move()
    conflicts.lookSoon()
  }
  const told = async () => {
    await vi.advanceTimersByTimeAsync(1_000)
    return lines.splice(0)
  }
  table.put([{ key: PROVIDER_ORDER, value: ['api', 'docker', 'file'], version: ++version }])
  return { agents, put, told }
}

it('tells of a conflict once when it comes, and once when it is over', async () => {
  const { agents, put, told } = start()
  put('file', 'web', ['one.test', 'two.test'])
  put('docker', 'web', [])
  put('docker', 'shop', ['one.test'])
  put('file', 'shops', ['one.test'])
  expect((await told()).sort()).toEqual([
    'warn file/shops: one.test of docker/shop',
    'warn file/web: its name of docker/web',
  ])
  put('docker', 'other', ['three.test'])
  expect(await told()).toEqual([])

  put('docker', 'web', null)
  agents.add('three.test')
  expect((await told()).sort()).toEqual([
    'info file/web: its name of docker/web',
    'warn docker/other: three.test of an agent',
    'warn file/web: one.test of docker/shop',
  ])
})

it('says nothing of what is over at once, and not all of many', async () => {
  const { put, told } = start()
  put('docker', 'shop', ['one.test'])
  put('file', 'shops', ['one.test'])
  put('file', 'shops', null)
  expect(await told()).toEqual([])
  for (let i = 0; i < 25; i++) put('file', `shop-${i}`, ['one.test'])
  const lines = await told()
  expect([lines.length, lines.at(-1)]).toEqual([21, '5 more'])
})
