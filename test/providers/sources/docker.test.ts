import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createNodeFetch } from '../../../shared/lib/node-fetch.ts'
import { createDockerProvider, type DockerOptions } from '../../../shared/providers/docker/docker-provider.ts'
import { type Docker, startDocker } from '../../support/docker.ts'
import { newFolder } from '../../support/folder.ts'
import { type Listening, listenTo } from '../listen-to.ts'

const LABELS = { 'cloudlunacy.backend': 'api', 'cloudlunacy.hosts': 'api.example.com, www.example.com' }

function watch(socket: string, options: Partial<DockerOptions> = {}): Listening {
  const { fetch, close } = createNodeFetch({ socketPath: socket })
  onTestFinished(close)
  return listenTo(createDockerProvider({ name: socket, fetch, ...options }))
}

async function watchNew(options: Partial<DockerOptions> = {}): Promise<{ docker: Docker; watched: Listening }> {
  const docker = await startDocker()
  onTestFinished(docker.stop)
  return { docker, watched: watch(docker.socket, options) }
}

const servers = ({ state }: Listening) =>
  (state.get('api')?.servers ?? []).map(({ name, address, port, state }) => `${name} ${address}:${port} ${state}`)

test('containers of one backend are its servers', async () => {
  const { docker, watched } = await watchNew()
  docker.run('api-1', {
    labels: {
      ...LABELS,
      'cloudlunacy.pathPrefixes': '/v1',
      'cloudlunacy.balance': 'leastconn',
      'cloudlunacy.weight': '50',
      'cloudlunacy.check': 'false',
      'com.docker.compose.service': 'api',
    },
  })
  docker.run('api-2', {
    labels: {
      ...LABELS,
      'cloudlunacy.tls': 'true',
      'cloudlunacy.check.path': '/health',
      'cloudlunacy.check.intervalSeconds': '5',
    },
  })
  docker.run('other', { labels: {} })
  await watched.until(({ state }) => state.get('api')?.servers.length === 2)
  expect([...watched.state.values()]).toEqual([
    {
      name: 'api',
      hosts: ['api.example.com', 'www.example.com'],
      servers: [
        {
          name: 'api-1',
          address: '172.17.0.2',
          port: 8080,
          weight: 50,
          check: { path: '/health', intervalSeconds: 5 },
          state: 'ready',
        },
        {
          name: 'api-2',
          address: '172.17.0.3',
          port: 8080,
          tls: true,
          check: { path: '/health', intervalSeconds: 5 },
          state: 'ready',
        },
      ],
    },
  ])
  expect(watched.problem()).toBeNull()
})

test('a container that is told to stop gets nothing new, and leaves when it ends', async () => {
  const { docker, watched } = await watchNew()
  docker.run('api-1', { labels: LABELS })
  docker.run('api-2', { labels: LABELS })
  await watched.until(() => servers(watched).length === 2)
  docker.kill('api-1', '1')
  docker.kill('api-2', '15')
  await watched.until(() => servers(watched)[1] === 'api-2 172.17.0.3:8080 drain')
  expect(servers(watched)[0]).toBe('api-1 172.17.0.2:8080 ready')
  docker.die('api-2')
  await watched.until(() => servers(watched).length === 1)
  docker.start('api-2')
  await watched.until(() => servers(watched)[1] === 'api-2 172.17.0.3:8080 ready')
  docker.die('api-1')
  docker.die('api-2')
  await watched.until(() => servers(watched).length === 0)
  expect(watched.state.has('api')).toBe(true)
  docker.remove('api-1')
  docker.remove('api-2')
  await watched.until(({ state }) => !state.has('api'))
})

test('its health and a pause are the server’s state', async () => {
  const { docker, watched } = await watchNew()
  docker.run('api-1', { labels: LABELS })
  const becomes = (state: string) => watched.until(() => servers(watched)[0]?.endsWith(state) === true)
  await becomes('ready')
  docker.health('api-1', 'starting')
  await becomes('maint')
  docker.health('api-1', 'healthy')
  await becomes('ready')
  docker.health('api-1', 'unhealthy')
  await becomes('drain')
  docker.health('api-1', 'healthy')
  await becomes('ready')
  docker.pause('api-1')
  await becomes('maint')
  docker.unpause('api-1')
  await becomes('ready')
})

test.each<[string, Record<string, string>, Partial<Parameters<Docker['run']>[1]>, string]>([
  ['an unknown label', { 'cloudlunacy.host': 'x.example.com' }, {}, 'the label cloudlunacy.host means nothing'],
  [
    'a bad host',
    { 'cloudlunacy.hosts': 'x.example.com,?' },
    {},
    'the label cloudlunacy.hosts must be a whole host name',
  ],
  ['a bad weight', { 'cloudlunacy.weight': 'heavy' }, {}, 'the label cloudlunacy.weight must be'],
  ['a bad name', { 'cloudlunacy.backend': 'a/b' }, {}, 'the label cloudlunacy.backend must begin with'],
  ['no port', {}, { ports: [] }, 'it exposes no port: say which by the label cloudlunacy.port'],
  ['several ports', {}, { ports: [80, 443] }, 'it exposes the ports 80, 443: say which by the label cloudlunacy.port'],
  [
    'several networks',
    {},
    { networks: { a: '10.0.0.2', b: '10.1.0.2' } },
    'it is in the networks a, b: say which by the label cloudlunacy.network',
  ],
  ['no network', { 'cloudlunacy.network': 'c' }, {}, 'it is not in the network c'],
])('%s is said, and touches nobody else', async (_, labels, options, problem) => {
  const { docker, watched } = await watchNew()
  docker.run('bad', { labels: { ...LABELS, ...labels }, ...options })
  docker.run('good', { labels: LABELS })
  await watched.until(() => servers(watched).some((server) => server.startsWith('good')))
  expect(watched.problem()).toContain(`container bad: ${problem}`)
  docker.remove('bad')
  await watched.until(() => watched.problem() === null)
  expect(servers(watched).length).toBe(1)
})

test('the port and the network that the labels or the settings name', async () => {
  const { docker, watched } = await watchNew({ network: 'front', hostAddress: '10.9.9.9' })
  const networks = { back: '10.1.0.2', front: '10.2.0.2' }
  docker.run('a', { labels: LABELS, networks })
  docker.run('b', {
    labels: { ...LABELS, 'cloudlunacy.network': 'back', 'cloudlunacy.port': '443' },
    networks,
    ports: [80, 443],
  })
  docker.run('c', { labels: { ...LABELS, 'cloudlunacy.port': '9000' }, networks: {}, networkMode: 'host', ports: [] })
  await watched.until(() => servers(watched).length === 3)
  expect(servers(watched)).toEqual(['a 10.2.0.2:8080 ready', 'b 10.1.0.2:443 ready', 'c 10.9.9.9:9000 ready'])
})

test('the newest container says what holds for the backend', async () => {
  const { docker, watched } = await watchNew()
  docker.run('v1', { labels: LABELS })
  await watched.until(() => servers(watched).length === 1)
  docker.run('v0', { labels: { ...LABELS, 'cloudlunacy.hosts': 'new.example.com' } })
  await watched.until(() => servers(watched).length === 2)
  expect(watched.state.get('api')?.hosts).toEqual(['new.example.com'])
})

test('misses nothing of what happens while it is not connected', async () => {
  const { docker, watched } = await watchNew()
  docker.run('api-1', { labels: LABELS })
  await watched.until(() => servers(watched).length === 1)
  await docker.close()
  await watched.until(() => watched.problem() !== null)
  docker.run('api-2', { labels: LABELS })
  docker.remove('api-1')
  expect(servers(watched)).toEqual(['api-1 172.17.0.2:8080 ready'])
  await docker.open()
  await watched.until(() => servers(watched)[0]?.startsWith('api-2') === true)
  await watched.until(() => watched.problem() === null)
})

test('a stream of events that ends is opened again', async () => {
  const { docker, watched } = await watchNew()
  docker.run('api-1', { labels: LABELS })
  await watched.until(() => servers(watched).length === 1)
  docker.cutEvents()
  docker.kill('api-1')
  await watched.until(() => servers(watched)[0]?.endsWith('drain') === true)
})

test.each([
  ['1.41', '/v1.41/containers/json'],
  ['1.99', '/v1.52/containers/json'],
])('speaks the version of a Docker %s', async (apiVersion, path) => {
  const docker = await startDocker({ apiVersion })
  onTestFinished(docker.stop)
  const watched = watch(docker.socket)
  docker.run('api-1', { labels: LABELS })
  await watched.until(() => servers(watched).length === 1)
  expect(docker.requests).toContain(path)
})

test('says what to do where there is no Docker', async () => {
  const socket = join(newFolder(), 'docker.sock')
  const watched = watch(socket)
  await watched.until(() => watched.problem() !== null)
  expect(watched.problem()).toBe(
    `There is no Docker socket ${socket}: see that Docker runs, or name its socket (socket)`,
  )
})
