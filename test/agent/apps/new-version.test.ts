import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { freePort } from '../../support/ports.ts'
import { processesIn } from '../../support/processes.ts'
import { anApp, PROGRAM } from '../support/an-app.ts'
import { startApps } from '../support/apps.ts'

it('starts a new version beside the old one, and no request is lost', async () => {
  const { apps, folder, ask, serves, until, logOf } = startApps()
  const hasty = { ANSWER_MS: '20', HASTY: '1' }
  apps.apply([anApp(folder, { VERSION: '1', ...hasty })])
  await serves('shop')
  const answers: string[] = []
  let over = false
  const load = Array.from({ length: 8 }, async () => {
    while (!over) answers.push(await ask('shop'))
  })
  const versionServes = (version: string) => until(() => answers.at(-1) === version)
  for (const version of ['2', '3']) {
    await versionServes(String(Number(version) - 1))
    apps.apply([anApp(folder, { VERSION: version, ...hasty })])
    await versionServes(version)
  }
  const { pid } = apps.report()[0] ?? {}
  expect(await apps.redeploy('shop')).toBeNull()
  expect(apps.report()[0]?.pid).not.toBe(pid)
  await until(() => processesIn(folder).length === 1)
  over = true
  await Promise.all(load)
  expect([...new Set(answers)]).toEqual(['1', '2', '3'])
  expect(logOf('shop')).toMatch(/version 1 has ended well.*version 2 has ended well.*version 3 has ended well/s)
  expect(apps.redeploy('unknown')).toBeNull()
})

it('gives up a new version that does not become healthy, says so, and the old one goes on', async () => {
  const { apps, folder, ask, serves, until, said } = startApps()
  const good = anApp(folder, { VERSION: 'good' }, { startSeconds: 1 })
  apps.apply([good])
  await serves('shop')
  const { pid } = apps.report()[0] ?? {}
  apps.apply([anApp(folder, { VERSION: 'ill', HEALTH: '500' }, { startSeconds: 1 })])
  await until(() => apps.report()[0]?.message?.startsWith('the new version was given up') ?? false)
  expect(apps.report()[0]).toMatchObject({
    ...{ state: 'running', pid },
    message: 'the new version was given up: after 1 s: answered 500 to /health',
  })
  expect(await ask('shop')).toBe('good')
  expect(processesIn(folder)).toHaveLength(1)
  expect(said()).toContain('the new version is given up, the old one goes on')

  // Also one that ends again and again; and what is said again when the old one is asked for again.
  apps.apply([anApp(folder, { VERSION: 'dead' }, { command: `: ${folder}; exit 7`, startSeconds: 60 })])
  await until(() => apps.report()[0]?.message?.includes('exit code 7') ?? false)
  expect(await ask('shop')).toBe('good')
  apps.apply([good])
  await until(() => apps.report()[0]?.message === null)
  expect(apps.report()[0]?.pid).toBe(pid)
})

it('tells who deploys the same version anew whether it came up', async () => {
  const { apps, folder, ask, serves } = startApps()
  const broken = join(folder, 'broken')
  const command = `test ! -e ${broken} && exec ${process.execPath} ${PROGRAM} ${folder}`
  apps.apply([anApp(folder, {}, { command, startSeconds: 1 })])
  await serves('shop')
  writeFileSync(broken, '')
  expect(await apps.redeploy('shop')).toMatch(/^after .* exit code 1; the old one goes on$/)
  rmSync(broken)
  expect(await apps.redeploy('shop')).toBeNull()
  expect(await ask('shop')).toBe('1')
})

it('drops a version that is not wanted any more before it was healthy', async () => {
  const { apps, folder, ask, serves, until } = startApps()
  apps.apply([anApp(folder, { VERSION: '1' })])
  await serves('shop')
  apps.apply([anApp(folder, { VERSION: '2', HEALTH: '500' })])
  await until(() => processesIn(folder).length === 2)
  apps.apply([anApp(folder, { VERSION: '3' })])
  while ((await ask('shop')) !== '3') await pause(20)
  await until(() => processesIn(folder).length === 1)
  expect(apps.report()[0]?.message).toBeNull()
})

it('ends the old version first where both want the same port, and the one that does not serve is kept on trying', async () => {
  const { apps, folder, ask, serves, until } = startApps()
  const port = await freePort()
  apps.apply([anApp(folder, { VERSION: '1' }, { port })])
  await serves('shop')
  expect(apps.upstreamOf('shop')?.port).toBe(port)
  apps.apply([anApp(folder, { VERSION: '1' }, { port }), anApp(folder, {}, { name: 'second', port })])
  await until(() => apps.report()[1]?.message === `it cannot be started: another process has its port ${port}`)
  apps.apply([anApp(folder, { VERSION: '2', HEALTH: '500' }, { port, startSeconds: 1 })])
  await until(() => apps.report()[0]?.message === 'answered 500 to /health')
  expect([apps.upstreamOf('shop'), processesIn(folder).length]).toEqual([null, 1])
  apps.apply([anApp(folder, { VERSION: '3' }, { port })])
  await serves('shop')
  expect(await ask('shop')).toBe('3')
})
