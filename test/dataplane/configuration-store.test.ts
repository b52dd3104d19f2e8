import { readFileSync, rmSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { openConfigurationStore } from '../../haproxy/dataplane/configuration-store.ts'
import { makePaths } from '../../haproxy/dataplane/paths.ts'
import { newFolder } from '../support/folder.ts'

it('what HAProxy runs is on the disk for everyone who waits for it, also for who comes second', async () => {
  const { paths } = makePaths(newFolder())
  onTestFinished(() => rmSync(paths.run, { recursive: true, force: true }))
  const store = await openConfigurationStore(paths, 'haproxy', 'global\n  maxconn 7\n')
  void store.markGood()
  await store.markGood()
  expect(readFileSync(paths.lastGood, 'utf8')).toContain('maxconn 7')
})
