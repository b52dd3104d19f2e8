import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { it, onTestFinished } from 'vitest'
import { freePort } from './ports.ts'

/** Where `npm test` puts the server's files. */
const JARS = '.tools/mongod'

const isHere = existsSync(join(JARS, 'whole')) && javaVersion() >= 17

function javaVersion(): number {
  const { stderr = '' } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0)
}

/** For tests that need a database. It is a Java program, and takes seconds to start. */
export function itWithMongod(name: string, test: () => Promise<void>): void {
  const title = isHere ? name : `${name} (left out: it needs a JRE 17, and what "npm test" fetches from Maven Central)`
  it.runIf(isHere)(title, { timeout: 120_000 }, test)
}

export interface Mongod {
  port: number
  /** Kills it. */
  stop(): Promise<void>
}

/**
 * A server that speaks MongoDB's protocol by TLS, with key and certificate out of one file as mongod has them. It reads
 * the file again when it is told to rotateCertificates. It is gone when the test is over.
 */
export async function startMongod(pemFile: string, port?: number): Promise<Mongod> {
  const classPath = readdirSync(JARS)
    .filter((name) => name.endsWith('.jar'))
    .map((name) => join(JARS, name))
  const listens = port ?? (await freePort())
  const options = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classPath.join(':')]
  const child = spawn('java', [...options, 'test/support/Mongod.java', pemFile, String(listens)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'close')
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(stop)
  const listening = (async () => {
    while (!output.includes('listens at')) await once(child.stdout, 'data')
  })()
  await Promise.race([
    listening,
    exited.then(() => {
      throw new Error(`the database does not start:\n${output}`)
    }),
  ])
  return { port: listens, stop }
}
