import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { startDataPlane } from './support.ts'

/** A disk of its own, which needs root's rights. */
function smallDisk(): string | null {
  const folder = newFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return folder
}

it('a full disk is answered with a sentence and changes nothing', async ({ skip }) => {
  const disk = smallDisk() ?? skip('this user may not mount a disk')
  const plane = await startDataPlane({ folder: join(disk, 'data') })
  const before = readFileSync(plane.path('haproxy.cfg'), 'utf8')
  expect(() => writeFileSync(join(disk, 'rest'), Buffer.alloc(2 ** 20))).toThrow(/ENOSPC/)

  const text = `${before}\n# ${'x'.repeat(20_000)}\n`
  const refused = await plane.call('POST', '/configuration/raw?version=1&force_reload=true', text)
  expect([refused.status, refused.json.message]).toEqual([500, expect.stringContaining('nothing was changed')])
  expect((await plane.call('GET', '/configuration/version')).json).toBe(1)
  expect(readFileSync(plane.path('haproxy.cfg'), 'utf8')).toBe(before)

  writeFileSync(join(disk, 'rest'), '')
  expect((await plane.call('POST', '/configuration/raw?version=1&force_reload=true', text)).status).toBe(201)
})
