import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { anApp, PROGRAM } from '../support/an-app.ts'
import { startApps } from '../support/apps.ts'
import { startDocker } from '../support/docker.ts'

const IMAGES = {
  'registry.test/shop': [process.execPath, PROGRAM],
  'registry.test/shop:2': [process.execPath, PROGRAM],
}
const aContainer = (folder: string, environment: Record<string, string>, container: object = {}) =>
  anApp(folder, environment, {
    command: undefined,
    container: { image: 'registry.test/shop', port: 80, ...container },
  })

it('runs a container, switches to a new one, and takes the old one away', async () => {
  const docker = await startDocker(IMAGES)
  const { apps, folder, ask, serves, until, logOf } = startApps(undefined, docker.socket)
  const first = { volumes: ['/data:/data:ro'], memoryMegabytes: 64, user: 'node' }
  apps.apply([aContainer(folder, { VERSION: 'first' }, first)])
  await serves('shop')
  expect(await ask('shop')).toBe('first')
  const [one] = docker.containers.values()
  const port = String(apps.upstreamOf('shop')?.port)
  expect(one?.order).toMatchObject({
    User: 'node',
    Env: ['PORT=80', 'VERSION=first'],
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: port }] },
      Binds: ['/data:/data:ro'],
      Memory: 64 * 2 ** 20,
      RestartPolicy: { Name: 'no' },
    },
  })

  await ask('shop', '/crash').catch(() => 'cut off')
  await until(() => apps.report()[0]?.restarts === 1 && apps.upstreamOf('shop') !== null)
  expect(docker.containers.size).toBe(1)
  apps.apply([aContainer(folder, { VERSION: 'second' }, { image: 'registry.test/shop:2' })])
  while ((await ask('shop')) !== 'second') await pause(20)
  await until(() => docker.containers.size === 1)
  expect(docker.pulled).toEqual(['registry.test/shop', 'registry.test/shop:2'])
  await apps.stop()
  expect(docker.containers.size).toBe(0)
  expect(logOf('shop')).toMatch(/version first listens\n.*it ended with exit code 3.*version second has ended well/s)
})

it('says what Docker says, and that there is none', async () => {
  const docker = await startDocker(IMAGES)
  const { apps, folder, until } = startApps(undefined, docker.socket)
  apps.apply([aContainer(folder, {}, { image: 'registry.test/nothing:1' })])
  await until(() => apps.report()[0]?.message?.includes('not found') ?? false)
  expect(apps.report()[0]?.message).toBe('it cannot be started: manifest for registry.test/nothing:1 not found')
  const without = startApps()
  without.apps.apply([aContainer(without.folder, {})])
  await until(() => without.apps.report()[0]?.message?.includes('Docker does not answer at') ?? false)
})

it('goes on with containers that an earlier agent left running, and takes away what is not wanted', async () => {
  const docker = await startDocker(IMAGES)
  const before = startApps(undefined, docker.socket)
  const { folder } = before
  before.apps.apply([aContainer(folder, { VERSION: 'first' }), { ...aContainer(folder, {}), name: 'other' }])
  await Promise.all([before.serves('shop'), before.serves('other')])
  const port = before.apps.upstreamOf('shop')?.port
  const other = [...docker.containers.values()].find(({ name }) => name.startsWith('cloudlunacy-other'))
  // As if it had been killed: it stops nothing, and another one begins.
  const { apps, ask, serves, until } = startApps(folder, docker.socket)
  apps.apply([aContainer(folder, { VERSION: 'first' })])
  await serves('shop')
  expect([apps.upstreamOf('shop')?.port, await ask('shop')]).toEqual([port, 'first'])
  await until(() => !docker.containers.has(other?.id ?? ''))
  await before.apps.stop()
})
