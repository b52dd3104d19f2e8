import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { type BaseValues, renderBase } from '../../shared/gateway/base.ts'
import { newFolder } from './folder.ts'
import { type Certificates, createCertificates } from './haproxy-certificates.ts'
import { freePorts } from './ports.ts'

const MAPS = ['hosts', 'paths', 'split', 'sni', 'void', 'acme', 'secure', 'front', 'trusted'] as const
type MapName = (typeof MAPS)[number]
type Maps = { [map in MapName]?: Record<string, string> }

export interface HaproxyOptions {
  maps?: Maps
  values?: Partial<BaseValues>
  certificates?: Certificates
  /** Changes the rendered configuration, where a test cannot wait for its times. */
  edit?: (configuration: string) => string
}

export interface Haproxy {
  httpPort: number
  httpsPort: number
  mongoPort: number
  statsPort: number
  certificates: Certificates
  /** On HAProxy's own socket. */
  command(line: string): Promise<string>
  /** Comes back when another worker takes the new connections. */
  reload(): Promise<void>
  /** Writes an entry of a map of the running worker, whether it is there or not. */
  set(map: MapName, key: string, value: string): Promise<void>
  unset(map: MapName, key: string): Promise<void>
}

export const HAPROXY = process.env.HAPROXY ?? 'haproxy'
export const HAPROXY_ENVIRONMENT = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

/** Writes the shipped configuration on free ports, and all that it needs. */
export async function writeConfiguration(options: HaproxyOptions = {}) {
  const folder = newFolder()
  // Another user's workers have to find the sockets.
  if (options.values?.WORKER_USER !== undefined) chmodSync(folder, 0o711)
  const certificates = options.certificates ?? (await createCertificates())
  const [httpPort = 0, httpsPort = 0, mongoPort = 0, statsPort = 0] = await freePorts(4)
  const ports = { httpPort, httpsPort, mongoPort, statsPort }
  const values = { ...baseValues(folder, ports), ...options.values }
  writeFiles(folder, certificates, options.maps ?? {})
  const rendered = renderBase(readFileSync('haproxy/haproxy.cfg', 'utf8'), values)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, options.edit?.(rendered) ?? rendered)
  return { folder, file, ports, certificates }
}

/** Runs it. It is gone when the test is over. */
export async function startHaproxy(options: HaproxyOptions = {}): Promise<Haproxy> {
  const { folder, ports, certificates } = await writeConfiguration(options)
  const master = await run(folder)
  const command = (line: string) => ask(join(folder, 'run/haproxy.sock'), line)
  const reload = async () => {
    const before = await pidOf(command)
    master.kill('SIGUSR2')
    while ((await pidOf(command).catch(() => before)) === before) await pause(10)
  }
  const fileOf = (map: MapName) => join(folder, 'maps', `${map}.map`)
  const unset = async (map: MapName, key: string) => void (await command(`del map ${fileOf(map)} ${key}`))
  const set = async (map: MapName, key: string, value: string) => {
    await unset(map, key)
    await command(`add map ${fileOf(map)} ${key} ${value}`)
  }
  return { ...ports, certificates, command, reload, set, unset }
}

async function pidOf(command: (line: string) => Promise<string>): Promise<string | undefined> {
  return /^Pid: (\d+)$/m.exec(await command('show info'))?.[1]
}

type Ports = Pick<Haproxy, 'httpPort' | 'httpsPort' | 'mongoPort' | 'statsPort'>

export function baseValues(folder: string, ports: Ports): BaseValues {
  return {
    BIND: '127.0.0.1',
    HTTP_PORT: String(ports.httpPort),
    HTTPS_PORT: String(ports.httpsPort),
    HTTPS_SUFFIX: `:${ports.httpsPort}`,
    MONGO_PORT: String(ports.mongoPort),
    STATS_PORT: String(ports.statsPort),
    API_HOST: 'front.test',
    APPS_DOMAIN: 'apps.front.test',
    MONGODB_DOMAIN: 'mongodb.front.test',
    API_ADDRESS: '127.0.0.1:1',
    MAPS: join(folder, 'maps'),
    CERTS: join(folder, 'certs'),
    FRONT_PEM: join(folder, 'front.pem'),
    FRONT_CA: join(folder, 'ca.pem'),
    RUN: join(folder, 'run'),
    MAXCONN: '1000',
    ROUTE_MAXCONN: '100',
  }
}

function writeFiles(folder: string, { ca, edge, front }: Certificates, maps: Maps): void {
  for (const name of ['maps', 'certs', 'run']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'certs/edge.pem'), edge.cert + edge.key)
  writeFileSync(join(folder, 'front.pem'), front.cert + front.key)
  writeFileSync(join(folder, 'ca.pem'), ca)
  for (const name of MAPS) {
    const lines = Object.entries(maps[name] ?? {}).map(([key, value]) => `${key} ${value}\n`)
    writeFileSync(join(folder, 'maps', `${name}.map`), lines.join(''))
  }
}

async function run(folder: string): Promise<ChildProcess> {
  const child = spawn(HAPROXY, ['-W', '-db', '-f', join(folder, 'haproxy.cfg')], {
    env: HAPROXY_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  while (!(await ask(join(folder, 'run/haproxy.sock'), 'show info').catch(() => ''))) {
    if (child.exitCode !== null) throw new Error(`HAProxy ended with ${child.exitCode}:\n${output}`)
    await pause(10)
  }
  return child
}

async function ask(socketPath: string, line: string): Promise<string> {
  const socket = createConnection(socketPath)
  socket.end(`${line}\n`)
  return await text(socket)
}
