import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { KINDS } from '../../../functions/node/provider-kinds.ts'
import { createLog } from '../../../shared/log/log.ts'
import { parseGatewayFile } from '../../../shared/providers/gateway-file.ts'
import { startDocker } from '../../support/docker.ts'
import { newFolder } from '../../support/folder.ts'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { listen } from '../../support/targets.ts'
import { listenTo } from '../listen-to.ts'

const log = createLog({ level: 'error', write: () => undefined })

function configure(settings: object, env: Record<string, string> = {}) {
  const [configured] = parseGatewayFile(JSON.stringify({ providers: { mine: settings } }), {
    kinds: KINDS,
    env,
    log,
  }).providers
  if (!configured) throw new Error('no provider')
  return configured
}

/** The provider that these settings in gateway.yaml make. */
const open = (settings: object, env: Record<string, string> = {}) => listenTo(configure(settings, env).open())

/** An endpoint that lets in by this. */
async function startGuarded(isWelcome: (headers: IncomingMessage['headers']) => boolean): Promise<string> {
  const server = createServer(({ headers }, response) =>
    isWelcome(headers) ? response.end('[{ "name": "api", "servers": [] }]') : response.writeHead(401).end(),
  )
  return `http://127.0.0.1:${await listen(server)}`
}

test.each<[object, string, string]>([
  [{ bearer: '$' + '{TOKEN}' }, 'authorization', 'Bearer the-token'],
  [{ user: 'front', password: '$' + '{TOKEN}' }, 'authorization', `Basic ${btoa('front:the-token')}`],
  [{ header: 'X-Api-Key', value: '$' + '{TOKEN}' }, 'x-api-key', 'the-token'],
])('rest: a login by %j', async (authorization, header, value) => {
  const url = await startGuarded((headers) => headers[header] === value)
  const watched = open({ kind: 'rest', url, authorization, intervalMs: 100 }, { TOKEN: 'the-token' })
  await watched.until(({ state }) => state.has('api'))
})

const AT = { kind: 'rest', url: 'http://127.0.0.1:1' }
test.each<[object, string[]]>([
  [{ ...AT, authorization: { bearer: 'literal' } }, ['literal']],
  [{ ...AT, authorization: { user: 'front', password: 'literal' } }, ['literal']],
  [{ ...AT, authorization: { header: 'X-Api-Key', value: 'a-$' + '{TOKEN}' } }, ['a-the-token', 'the-token']],
  [{ ...AT, authorization: { bearer: { file: '/run/secrets/token' } } }, []],
  [{ kind: 'etcd', endpoints: ['http://127.0.0.1:1'], prefix: '/a', user: 'front', password: 'literal' }, ['literal']],
  [{ kind: 'file', path: 'backends.yaml' }, []],
])('what is secret in %j is known to be so', (settings, secrets) => {
  expect(configure(settings, { TOKEN: 'the-token' }).secrets).toEqual(secrets)
})

test('rest: a secret in a file may change, and is repeated in no error', async () => {
  const file = join(newFolder(), 'token')
  writeFileSync(file, 'old-token\n')
  let token = 'old-token'
  const url = await startGuarded(({ authorization }) => authorization === `Bearer ${token}`)
  const watched = open({ kind: 'rest', url, authorization: { bearer: { file } }, intervalMs: 100 })
  await watched.until(({ state }) => state.has('api'))
  token = 'new-token'
  await watched.until(({ problem }) => problem()?.includes('401') === true)
  writeFileSync(file, 'new\ntoken\n')
  await watched.until(({ problem }) => problem()?.includes('has a line break') === true)
  expect(watched.failures.map(String).join()).not.toMatch(/old-token|new/)
  writeFileSync(file, 'new-token\n')
  await watched.until(({ problem }) => problem() === null)
})

test('rest: a CA of one’s own is believed, and no other', async () => {
  const certificates = await createCertificates()
  const server = createTlsServer(await certificates.server('localhost'), (_, response) => response.end('[]'))
  const url = `https://localhost:${await listen(server)}`
  const ca = join(newFolder(), 'ca.pem')
  writeFileSync(ca, certificates.ca)
  const believing = open({ kind: 'rest', url, ca, intervalMs: 100 })
  await believing.until(({ successes }) => successes() > 0)
  const strict = open({ kind: 'rest', url, intervalMs: 100 })
  await strict.until(({ problem }) => problem()?.startsWith(`${url}/ cannot be reached`) === true)
})

test('docker: over TCP', async () => {
  const docker = await startDocker()
  onTestFinished(docker.stop)
  docker.run('api-1', { labels: { 'cloudlunacy.backend': 'api' } })
  const proxy = createTcpServer((client) => {
    const upstream = connect(docker.socket)
    for (const each of [client, upstream]) each.on('error', () => undefined)
    client.pipe(upstream).pipe(client)
  })
  const watched = open({ kind: 'docker', url: `http://127.0.0.1:${await listen(proxy)}` })
  await watched.until(({ state }) => state.has('api'))
})

test.each<[object, string]>([
  [{ kind: 'rest', url: 'ftp://registry.example.com/' }, 'providers.mine.url must be a URL that begins with http'],
  [{ kind: 'rest', url: 'https://user:secret@registry.example.com/' }, 'providers.mine.url must have no login in it'],
  [
    { kind: 'rest', url: 'https://registry.example.com/', authorization: { token: 'x' } },
    'providers.mine.authorization must be an object with bearer',
  ],
  [
    { kind: 'rest', url: 'https://registry.example.com/', mapping: { list: '$..a', name: 'a', servers: {} } },
    'providers.mine.mapping.list must be a path',
  ],
  [{ kind: 'file' }, 'providers.mine.path'],
  [{ kind: 'dns', backends: [{ name: 'api', addresses: 'api.test' }] }, 'providers.mine.backends[0]'],
  [
    { kind: 'dns', resolver: 'not an address', backends: [{ name: 'api', srv: 'api.test' }] },
    'providers.mine.resolver must be an address',
  ],
  [
    { kind: 'docker', socket: '/var/run/docker.sock', url: 'http://127.0.0.1:2375' },
    'providers.mine.socket must be left out where url is given',
  ],
  [{ kind: 'etcd', endpoints: [], prefix: '/gateway/' }, 'providers.mine.endpoints'],
  [{ kind: 'etcd', endpoints: ['https://10.0.0.1:2379'], prefix: 'ä' }, 'providers.mine.prefix must be'],
])('refuses %j', (settings, mistake) => {
  expect(() => open(settings)).toThrow(mistake)
})

test('a certificate that cannot be read is said by its path', () => {
  const settings = { kind: 'etcd', endpoints: ['https://127.0.0.1:2379'], prefix: '/', ca: '/nowhere/ca.pem' }
  expect(() => open(settings)).toThrow('The file /nowhere/ca.pem cannot be read (ENOENT)')
})

test.each([
  { kind: 'etcd', endpoints: ['https://127.0.0.1:2379'], prefix: '/' },
  { kind: 'rest', url: 'https://127.0.0.1/' },
  { kind: 'docker', url: 'https://127.0.0.1:2376' },
])('an empty file is no CA, and not those that everybody believes: $kind', (settings) => {
  expect(() => open({ ...settings, ca: '/dev/null' })).toThrow('The file /dev/null holds no certificate')
})
