import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { newFolder } from '../../support/folder.ts'
import { endProcessesIn, processesIn } from '../../support/processes.ts'
import { anApp } from '../support/an-app.ts'
import { startApps } from '../support/apps.ts'

/** Starts an agent's apps, and kills it once they serve. Gives back the process of `shop`, which lives on. */
async function killedAgent(folder: string): Promise<number> {
  onTestFinished(() => endProcessesIn(folder))
  const agent = spawn(process.execPath, ['test/agent/support/apps-process.ts', folder, 'first'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [pid] = await once(agent.stdout, 'data')
  while (processesIn(folder).length < 4) await once(agent.stdout, 'data')
  agent.kill('SIGKILL')
  await once(agent, 'exit')
  return Number.parseInt(String(pid), 10)
}

it('goes on with what a killed agent left running, replaces it as its own, and ends what is not wanted', async () => {
  const folder = newFolder()
  const pid = await killedAgent(folder)
  expect(processesIn(folder)).toHaveLength(3)
  const { apps, ask, serves, until, said } = startApps(folder)
  apps.apply([anApp(folder, { VERSION: 'first', CHILD: '1' })])
  await serves('shop')
  expect(apps.report()[0]).toMatchObject({ state: 'running', pid, restarts: 0 })
  expect(said()).toContain('it was left running by an earlier agent')
  expect(await ask('shop')).toBe('first')
  await until(() => processesIn(folder).length === 2)

  // It is noticed when it ends, and taken care of as any other.
  process.kill(pid, 'SIGKILL')
  await until(() => apps.report()[0]?.restarts === 1)
  await serves('shop')
  apps.apply([anApp(folder, { VERSION: 'second' })])
  while ((await ask('shop')) !== 'second') await pause(20)
  await until(() => processesIn(folder).length === 1)
})

it('lets an older version serve until the one that is wanted now is healthy', async () => {
  const folder = newFolder()
  const pid = await killedAgent(folder)
  const { apps, ask, serves, until } = startApps(folder)
  apps.apply([anApp(folder, { VERSION: 'second' })])
  await serves('shop')
  expect(await ask('shop')).toBe('first')
  await until(() => apps.report()[0]?.pid !== pid)
  expect(await ask('shop')).toBe('second')
  await until(() => processesIn(folder).length === 1)
})

it('never touches a process that has been given the number of one of its own', async () => {
  const folder = newFolder()
  await killedAgent(folder)
  const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  onTestFinished(() => void stranger.kill('SIGKILL'))
  const ledger = join(folder, 'running.json')
  const entries = JSON.parse(readFileSync(ledger, 'utf8')) as object[]
  writeFileSync(ledger, JSON.stringify(entries.map((entry) => ({ ...entry, pid: stranger.pid }))))
  const { apps, until } = startApps(folder)
  apps.apply([])
  // What it really left is found by its mark.
  await until(() => processesIn(folder).length === 0)
  await apps.stop()
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
  expect(JSON.parse(readFileSync(ledger, 'utf8'))).toEqual([])
})
