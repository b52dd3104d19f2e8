import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownFolder } from '../../agent/daemon/files.ts'
import { newFolder } from '../support/folder.ts'

it.each([
  ['a new one is its owner’s alone', null, 0o700],
  ['one that was there is read on by those who read it', 0o755, 0o755],
  ['nobody else writes into it any more', 0o777, 0o755],
  ['a narrow one stays so', 0o700, 0o700],
])('the agent’s folder: %s', async (_, before, after) => {
  const folder = join(newFolder(), 'state')
  if (before !== null) {
    mkdirSync(folder)
    chmodSync(folder, before)
  }
  await ownFolder(folder)
  expect(statSync(folder).mode & 0o777).toBe(after)
})
