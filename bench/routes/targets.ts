import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../test/support/ports.ts'
import type { Ending } from './ending.ts'
import { untilGood } from './http.ts'
import { newFolder, stop } from './processes.ts'

/** Ports that answer 200 to everything: an HAProxy of its own, which no target in JavaScript could keep up with. */
export async function startTargets(ending: Ending, howMany: number): Promise<number[]> {
  const folder = newFolder(ending)
  const ports = await freePorts(howMany)
  const path = join(folder, 'targets.cfg')
  writeFileSync(path, configuration(ports))
  const child = spawn('haproxy', ['-db', '-f', path], { stdio: 'ignore', env: withSbin() })
  ending.later(() => stop(child, 'SIGKILL'))
  await untilGood(ports.at(-1) as number, 'target', { pauseMs: 10, limitMs: 10_000 })
  return ports
}

export const withSbin = () => ({ ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` })

const configuration = (ports: number[]) => `
global
  maxconn 9000
  nbthread 1
defaults
  mode http
  timeout client 120s
  timeout server 5s
  timeout connect 5s
frontend targets
${ports.map((port) => `  bind 127.0.0.1:${port}`).join('\n')}
  http-request return status 200 content-type text/plain string ok
`
