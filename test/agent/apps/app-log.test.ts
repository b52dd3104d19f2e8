import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createAppLog, olderLog } from '../../../agent/apps/app-log.ts'
import { backOffMs, failuresAfter } from '../../../agent/apps/back-off.ts'
import { newFolder } from '../../support/folder.ts'

it('puts a full log aside, also while the app holds it open, and keeps so many of them', () => {
  const path = join(newFolder(), 'logs', 'shop', 'app.log')
  const log = createAppLog({ path, maxBytes: 100, keep: 2, now: () => Date.parse('2030-01-01T00:00:00Z') })
  const output = log.open()
  const print = (text: string) => spawnSync('echo', [text], { stdio: ['ignore', output, output] })
  for (const round of ['first', 'second', 'third']) {
    print(`${round} ${'.'.repeat(100)}`)
    log.rotateIfDue()
  }
  print('newest')
  closeSync(output)
  log.note('a word of the agent’s')
  log.rotateIfDue()
  expect(readFileSync(path, 'utf8')).toBe('newest\n2030-01-01T00:00:00.000Z [agent] a word of the agent’s\n')
  expect(readFileSync(olderLog(path, 1), 'utf8')).toMatch(/^third/)
  expect(readFileSync(olderLog(path, 2), 'utf8')).toMatch(/^second/)
  expect(existsSync(olderLog(path, 3))).toBe(false)
  expect([path, olderLog(path, 1)].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600])
})

it('waits twice as long before each next start, up to a minute, until one ran well', () => {
  const waits: number[] = []
  let failures = 0
  for (const ranForMs of [10, 10, 59_999, 10, 10, 10, 10, 10, 10, 60_000, 10]) {
    failures = failuresAfter(failures, ranForMs)
    waits.push(backOffMs(failures) / 1_000)
  }
  expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 32, 60, 60, 0.5, 1])
})
