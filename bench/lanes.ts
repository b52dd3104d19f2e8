import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { renderBase } from '../shared/gateway/base.ts'
import { createCertificates } from '../test/support/haproxy-certificates.ts'
import { freePorts } from '../test/support/ports.ts'
import { aclPerRoute, bareLane, dedicatedBackends, targets } from './lanes-configurations.ts'
import { type Contestant, compare, print } from './measure.ts'

const run$ = promisify(execFile)
const ENVIRONMENT = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
const SECONDS = 2

/** Routes of `r0.apps.test` and so on, spread over so many targets. */
interface Load {
  routes: number
  targets: number
}
const ONE: Load = { routes: 1, targets: 1 }
const FEW: Load = { routes: 10, targets: 10 }
const MANY: Load = { routes: 10_000, targets: 1_000 }

interface Running {
  port: number
  pid: number
  stop(): Promise<void>
}

/**
 * What a request costs HAProxy on one thread: its own CPU time by the requests that wrk counted, so that a machine
 * which does other things beside does not tell another story. A million by it is the requests a second of one core.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const running: Running[] = []
  const start = async (name: string, load: Load, edit: (text: string) => string): Promise<Contestant> => {
    const haproxy = await startHaproxy(mkdtempSync(join(folder, 'haproxy-')), load, edit)
    running.push(haproxy)
    return { name, round: () => cpuMicrosEach(haproxy, () => wrk(folder, haproxy.port, load)) }
  }
  try {
    running.push(await startTargets(folder))
    const guards = [await start('the bare lane', ONE, bareLane), await start('as shipped', ONE, (text) => text)]
    print('what the guards, the counters and the log cost', await compare(guards, 7))
    const many = [
      await start('as shipped, 10 routes', FEW, (text) => text),
      await start('as shipped, 10,000 routes', MANY, (text) => text),
      await start('10,000 dedicated backends', MANY, (text) => dedicatedBackends(text, MANY)),
      await start('an ACL and a rule a route', MANY, (text) => aclPerRoute(text, MANY)),
    ]
    print('10,000 routes to 1,000 targets', await compare(many, 5))
  } finally {
    for (const { stop } of running) await stop()
    rmSync(folder, { recursive: true })
  }
}

/** How many requests were answered. */
async function wrk(folder: string, port: number, { routes }: Load): Promise<number> {
  const script = join(folder, `${routes}.lua`)
  const host = `"r" .. math.random(0, ${routes - 1}) .. ".apps.test"`
  writeFileSync(script, `request = function() return wrk.format("GET", "/", { Host = ${host} }) end`)
  const { stdout } = await run$('wrk', ['-t1', '-c64', `-d${SECONDS}s`, '-s', script, `http://127.0.0.1:${port}/`])
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not all requests were answered:\n${stdout}`)
  return Number(/(\d+) requests in/.exec(stdout)?.[1])
}

async function cpuMicrosEach({ pid }: Running, work: () => Promise<number>): Promise<number> {
  const before = cpuMicros(pid)
  const requests = await work()
  return (cpuMicros(pid) - before) / requests
}

/** proc(5): user and system time are fields 14 and 15, in hundredths of a second; the name in field 2 has no space. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10_000
}

async function startTargets(folder: string): Promise<Running> {
  const file = join(folder, 'targets.cfg')
  writeFileSync(file, targets(MANY.targets))
  return await spawnHaproxy(file, targetPort(0), '127.0.0.9')
}

const targetPort = (route: number, count = MANY.targets) => 20_000 + (route % count)

async function startHaproxy(folder: string, load: Load, edit: (text: string) => string): Promise<Running> {
  const [httpPort = 0, ...others] = await freePorts(4)
  await writeFiles(folder, load)
  const [https, mongo, stats] = others.map(String) as [string, string, string]
  const rendered = renderBase(readFileSync('haproxy/haproxy.cfg', 'utf8'), {
    BIND: '127.0.0.1',
    HTTP_PORT: String(httpPort),
    HTTPS_PORT: https,
    MONGO_PORT: mongo,
    STATS_PORT: stats,
    API_HOST: 'front.test',
    APPS_DOMAIN: 'apps.front.test',
    MONGODB_DOMAIN: 'mongodb.front.test',
    API_ADDRESS: '127.0.0.1:1',
    MAPS: folder,
    CERTS: join(folder, 'certs'),
    FRONT_PEM: join(folder, 'front.pem'),
    FRONT_CA: join(folder, 'ca.pem'),
    RUN: folder,
    MAXCONN: '4000',
    ROUTE_MAXCONN: '1000',
  })
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, edit(rendered.replace(/^global$/m, 'global\n  nbthread 1')))
  return await spawnHaproxy(file, httpPort)
}

async function writeFiles(folder: string, load: Load): Promise<void> {
  const { edge, front, ca } = await createCertificates()
  mkdirSync(join(folder, 'certs'))
  writeFileSync(join(folder, 'certs/edge.pem'), edge.cert + edge.key)
  writeFileSync(join(folder, 'front.pem'), front.cert + front.key)
  writeFileSync(join(folder, 'ca.pem'), ca)
  for (const name of ['paths', 'split', 'sni', 'void', 'acme', 'secure', 'front', 'trusted'])
    writeFileSync(join(folder, `${name}.map`), '')
  const entry = (_: unknown, i: number) => `r${i}.apps.test http|127.0.0.9|${targetPort(i, load.targets)}||\n`
  writeFileSync(join(folder, 'hosts.map'), Array.from({ length: load.routes }, entry).join(''))
}

async function spawnHaproxy(file: string, port: number, host = '127.0.0.1'): Promise<Running> {
  const child: ChildProcess = spawn('haproxy', ['-db', '-f', file], { env: ENVIRONMENT, stdio: 'ignore' })
  const ended = once(child, 'close')
  while (!(await fetch(`http://${host}:${port}/`).catch(() => null))) {
    if (child.exitCode !== null) throw new Error(`HAProxy ended with ${child.exitCode}`)
  }
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { port, pid: child.pid ?? 0, stop }
}
