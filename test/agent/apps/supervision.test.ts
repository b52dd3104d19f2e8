import { expect, it } from 'vitest'
import { processesIn } from '../../support/processes.ts'
import { anApp } from '../support/an-app.ts'
import { startApps } from '../support/apps.ts'

it('runs a command where it is told to listen, and again when it has ended', async () => {
  const { apps, folder, ask, serves, until, logOf } = startApps()
  process.env.SECRET_OF_THE_AGENT = 'hidden'
  apps.apply([anApp(folder, { VERSION: 'first' })])
  await serves('shop')
  expect(await ask('shop')).toBe('first')
  const before = apps.report()[0]
  expect(before).toMatchObject({ state: 'running', restarts: 0, message: null, port: apps.upstreamOf('shop')?.port })

  await ask('shop', '/crash').catch(() => 'cut off')
  await until(() => apps.report()[0]?.state === 'waiting')
  expect(apps.report()[0]?.message).toBe('it ended with exit code 3')
  expect(apps.upstreamOf('shop')).toBeNull()
  await until(() => apps.report()[0]?.state === 'running')
  expect(await ask('shop')).toBe('first')
  const after = apps.report()[0]
  expect(after).toMatchObject({ restarts: 1, port: before?.port })
  expect(after?.pid).not.toBe(before?.pid)
  // Over its restarts one log, with what the agent noted between.
  expect(
    logOf('shop')
      .split('\n')
      .filter((line) => line === 'version first listens'),
  ).toHaveLength(2)
  expect(logOf('shop')).toMatch(/\[agent\] it ended with exit code 3; it is started again in 0.5 s/)
})

it('says why a command cannot be started, and goes on trying', async () => {
  const { apps, folder, until } = startApps()
  apps.apply([anApp(folder, {}, { folder: 'nowhere' })])
  await until(() => (apps.report()[0]?.restarts ?? 0) > 0)
  expect(apps.report()[0]).toMatchObject({
    pid: null,
    message: expect.stringMatching(/^it cannot be started: .*ENOENT/),
  })
})

it('ends what does not want to end, and the children that hide, and leaves nothing behind', async () => {
  const { apps, folder, serves, until, logOf } = startApps()
  const stubborn = anApp(folder, { STUBBORN: '1', CHILD: '1' }, { stopSeconds: 1 })
  const polite = anApp(
    folder,
    {},
    { name: 'polite', command: `'${process.execPath}' ${stubborn.command?.[1]} ${folder}; echo over` },
  )
  apps.apply([stubborn, polite])
  await Promise.all([serves('shop'), serves('polite')])
  await until(() => processesIn(folder).length >= 4)
  await apps.stop()
  expect(processesIn(folder)).toEqual([])
  expect(logOf('shop')).toContain('does not want to end')
  // The shell that ends first does not take the program's time.
  expect(logOf('polite')).toContain('version 1 has ended well')
})

it('stops what is not wanted any more, and leaves apps alone that run without it', async () => {
  const { apps, folder, serves, until, said } = startApps()
  apps.apply([anApp(folder), anApp(folder, {}, { name: 'other' })])
  await Promise.all([serves('shop'), serves('other')])
  const { pid } = apps.report()[1] ?? {}
  const external = anApp(folder, {}, { name: 'outside', command: undefined, target: 'https://10.0.0.1:8443' })
  apps.apply([anApp(folder, {}, { name: 'other' }), external])
  await until(() => processesIn(folder).length === 1)
  expect(apps.report()).toMatchObject([
    { name: 'other', state: 'running', pid },
    { name: 'outside', state: 'external', pid: null },
  ])
  expect(apps.upstreamOf('shop')).toBeNull()
  expect(apps.upstreamOf('outside')).toEqual({ host: '10.0.0.1', port: 8_443, tls: true, protocol: 'http1' })
  expect(said()).not.toContain('WARN')
})
