import { spawnSync } from 'node:child_process'
import { statfsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { ask } from '../support/ask.ts'
import { newFolder } from '../support/folder.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'

/** A file system of its own, which only root may have; `null` where this is nobody's right. */
function smallDisk(megabytes: number): string | null {
  const folder = newFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder])
  if (mounted.status !== 0) return null
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return folder
}

it('a disk that is full refuses what it cannot keep, serves what it has, and takes up again when there is room', {
  timeout: 90_000,
}, async ({ skip }) => {
  const disk = smallDisk(16)
  if (disk === null) return skip('only root may mount a small disk to fill')
  const routed = await startRoutedFront({ DATA_DIR: disk })
  const target = await startNamedTarget('target')
  const promised = new Map<string, Set<string | null>>()
  const write = async (name: string) => {
    promised.set(name, new Set([null, target.name]))
    await put(routed.agent, name, target.url, { check: promised.size % 2 === 0 }, { statuses: [200, 201, 202] })
    promised.set(name, new Set([target.name]))
  }
  await write('before')

  const ballast = join(disk, 'ballast')
  fillUp(disk, ballast)
  const refused: unknown[] = []
  for (let turn = 0; turn < 10; turn++) await write(`during-${turn}`).catch((error: unknown) => refused.push(error))
  expect(refused.length).toBeGreaterThan(0)
  expect((await ask(routed.ports.http, routed.hostOf('before'))).status).toBe(200)

  await rm(ballast)
  for (let turn = 0; turn < 5; turn++) await write(`after-${turn}`)
  await expectAcceptedState(routed, promised)
})

/** To the last block. */
function fillUp(disk: string, ballast: string): void {
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(ballast, Buffer.alloc(bavail * bsize))
}
