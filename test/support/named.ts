import { spawn, spawnSync } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { newFolder } from './folder.ts'
import { freePort } from './ports.ts'

/** Where the set-up unpacks it, if the system has none. */
const UNPACKED = resolve('.tools/named')
const BINARY = existsSync(UNPACKED) ? join(UNPACKED, 'usr/sbin/named') : 'named'
const LIBRARIES = ['x86_64', 'aarch64'].map((machine) => join(UNPACKED, `usr/lib/${machine}-linux-gnu`)).join(':')
const ENVIRONMENT = { PATH: `${process.env.PATH}:/usr/sbin`, LD_LIBRARY_PATH: LIBRARIES }

export const namedIsHere = spawnSync(BINARY, ['-v'], { env: ENVIRONMENT }).status === 0

export interface Named {
  /** `address:port`. */
  address: string
  port: number
  texts(name: string): Promise<string[]>
}

/** BIND, with one zone that whoever has the key may change. All its names but the zone's own stand for this machine. */
export async function startNamed(zone: string, key: { name: string; secret: string }): Promise<Named> {
  const folder = newFolder()
  const port = await freePort()
  writeFileSync(
    join(folder, 'zone.db'),
    `$TTL 60\n@ SOA ns.${zone}. admin.${zone}. 1 60 60 600 60\n@ NS ns.${zone}.\nns A 127.0.0.1\n* A 127.0.0.1\n`,
  )
  writeFileSync(
    join(folder, 'named.conf'),
    `options { directory "${folder}"; pid-file none; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
       recursion no; session-keyfile none; dnssec-validation no; };
     controls { };
     key "${key.name}" { algorithm hmac-sha256; secret "${key.secret}"; };
     zone "${zone}" { type primary; file "${folder}/zone.db"; update-policy { grant "${key.name}" zonesub TXT; }; };`,
  )
  const child = spawn(BINARY, ['-g', '-c', join(folder, 'named.conf')], { env: ENVIRONMENT })
  let output = ''
  child.stderr.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const address = `127.0.0.1:${port}`
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([address])
  for (const deadline = Date.now() + 15_000; ; await pause(50)) {
    if (await resolver.resolveSoa(zone).catch(() => null)) break
    if (Date.now() > deadline) throw new Error(`BIND does not answer:\n${output}`)
  }
  const texts = async (name: string) => (await resolver.resolveTxt(name).catch(() => [])).map((parts) => parts.join(''))
  return { address, port, texts }
}
