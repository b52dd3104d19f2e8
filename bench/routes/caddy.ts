import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../test/support/ports.ts'
import { type Ending, withEnding } from './ending.ts'
import { median, ms, percentile, printTable, say } from './figures.ts'
import { expectDone, hostOf } from './fill.ts'
import { type Call, keptCalls, untilGood } from './http.ts'
import type { Options } from './options.ts'
import { newFolder, stop } from './processes.ts'
import { startTargets } from './targets.ts'

const TOOLS = '.tools/bin'
/** A PUT puts another one before it. */
const FIRST_ROUTE = '/config/apps/http/servers/bench/routes/0'

/** The peer: the same question asked of Caddy's admin API. */
export async function benchCaddy({ full }: Options): Promise<void> {
  const program = findCaddy()
  if (!program) return say('Caddy is not measured: it is not on the PATH, and its Debian package could not be had\n')
  await withEnding(async (ending) => {
    const [target = 0] = await startTargets(ending, 1)
    const rows: string[][] = []
    for (const [routes, samples] of full ? PLAN.full : PLAN.short) {
      const caddy = await startCaddy(ending, program, routes, target)
      const tookMs = await timesToLive(caddy, samples, target)
      rows.push([`beside ${routes.toLocaleString('en-US')} routes`, ms(median(tookMs)), ms(percentile(tookMs, 0.99))])
      await caddy.stop()
    }
    const { stdout } = spawnSync(program, ['version'], { encoding: 'utf8' })
    printTable(`The same with Caddy ${stdout.split(' ')[0]?.trim()} and its admin API`, ['', 'live p50', 'p99'], rows)
  })
}

const PLAN = {
  short: [
    [0, 60],
    [1_000, 20],
    [10_000, 3],
  ],
  full: [
    [0, 200],
    [1_000, 60],
    [10_000, 10],
  ],
} as const

interface Caddy {
  admin: Call
  httpPort: number
  stop(): Promise<void>
}

async function startCaddy(ending: Ending, program: string, routes: number, target: number): Promise<Caddy> {
  const folder = newFolder(ending)
  const [adminPort = 0, httpPort = 0] = await freePorts(2)
  const path = join(folder, 'caddy.json')
  writeFileSync(path, JSON.stringify(configuration(adminPort, httpPort, routes, target)))
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, ['run', '--config', path], { env, stdio: 'ignore' })
  ending.later(() => stop(child))
  await untilGood(httpPort, 'unknown', { pauseMs: 20, isGood: (status) => status > 0 })
  return { admin: keptCalls(adminPort), httpPort, stop: () => stop(child) }
}

const configuration = (adminPort: number, httpPort: number, routes: number, target: number) => ({
  admin: { listen: `127.0.0.1:${adminPort}` },
  logging: { logs: { default: { level: 'ERROR' } } },
  apps: {
    http: {
      servers: {
        bench: {
          listen: [`127.0.0.1:${httpPort}`],
          automatic_https: { disable: true },
          routes: [...Array.from({ length: routes }, (_, i) => routeTo(`site-${i}`, target)), NOTHING],
        },
      },
    },
  },
})

const routeTo = (subdomain: string, target: number) => ({
  match: [{ host: [hostOf(subdomain)] }],
  handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: `127.0.0.1:${target}` }] }],
  terminal: true,
})

/** Caddy answers what it does not know with an empty 200. */
const NOTHING = { handle: [{ handler: 'static_response', status_code: 404 }] }

async function timesToLive({ admin, httpPort }: Caddy, samples: number, target: number): Promise<number[]> {
  const tookMs: number[] = []
  for (let i = -1; i < samples; i++) {
    const subdomain = `new-${i}`
    const startMs = performance.now()
    const answered = admin('PUT', FIRST_ROUTE, routeTo(subdomain, target)).then(expectDone)
    const [goodMs] = await Promise.all([untilGood(httpPort, hostOf(subdomain)), answered])
    if (i >= 0) tookMs.push(goodMs - startMs)
  }
  return tookMs
}

/** On the PATH, or unpacked beside the project where nothing of it stays in the system. */
function findCaddy(): string | null {
  const unpacked = join(TOOLS, 'caddy')
  for (const program of ['caddy', unpacked]) if (runs(program)) return program
  const folder = mkdtempSync(join(tmpdir(), 'caddy-'))
  try {
    spawnSync('apt-get', ['download', 'caddy'], { cwd: folder, stdio: 'ignore' })
    const [archive] = readdirSync(folder)
    if (!archive) return null
    spawnSync('dpkg-deb', ['-x', join(folder, archive), folder])
    if (!existsSync(join(folder, 'usr/bin/caddy'))) return null
    mkdirSync(TOOLS, { recursive: true })
    copyFileSync(join(folder, 'usr/bin/caddy'), unpacked)
    return runs(unpacked) ? unpacked : null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const runs = (program: string) => spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0
