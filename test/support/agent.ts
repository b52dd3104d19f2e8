import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFailed, onTestFinished } from 'vitest'
import { buildAgent } from '../../agent/build.ts'

/** What is run as `cloudlunacy-agent`: a file for Node. */
type Program = string

let built: Promise<Program> | undefined

/** Installed from its tarball in an empty folder, with nothing else to be had. */
export function installPacked(folder: string): Program {
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  const [{ filename }] = JSON.parse(npm('pack', '--json', '--pack-destination', folder, resolve('agent')))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  npm('install', '--offline', '--no-audit', '--no-fund', `./${filename}`)
  return realpathSync(join(folder, 'node_modules/.bin/cloudlunacy-agent'))
}

/** As it is packed, which starts faster than the sources; once for all tests of a file. */
function fromSources(): Promise<Program> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-'))
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
    await buildAgent(folder)
    return join(folder, 'cloudlunacy-agent.mjs')
  })()
  return built
}

export interface Ran {
  code: number | null
  output: string
  errors: string
}

interface RunOptions {
  cwd: string
  program?: Program
  env?: Record<string, string>
}

async function start(args: string[], { cwd, program, env = {} }: RunOptions): Promise<ChildProcess> {
  return spawn('node', [program ?? (await fromSources()), ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** One command, until it ends. */
export async function runAgent(args: string[], options: RunOptions): Promise<Ran> {
  const child = await start(args, options)
  const ended = once(child, 'close')
  const [output, errors, [code]] = await Promise.all([text(child.stdout as never), text(child.stderr as never), ended])
  return { code, output, errors }
}

export interface AgentProcess {
  child: ChildProcess
  output(): string
  /** Comes back when it has said that, since the beginning. */
  said(what: string): Promise<void>
  /** As a service manager would. Its exit code. */
  stop(): Promise<number | null>
}

/** `up`, once it serves. It is gone when the test is over. */
export async function startAgent(options: RunOptions & { args?: string[] }): Promise<AgentProcess> {
  const child = await start(['up', ...(options.args ?? [])], options)
  const ended = once(child, 'close')
  let output = ''
  const heard = new EventEmitter().setMaxListeners(0)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk
      heard.emit('more')
    })
  }
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  onTestFailed(() => void process.stderr.write(`--- the agent said\n${output}`))
  const said = async (what: string) => {
    while (!output.includes(what)) {
      await Promise.race([once(heard, 'more'), ended])
      if ((child.exitCode ?? child.signalCode) !== null && !output.includes(what))
        throw new Error(`the agent ended with ${child.exitCode}`)
    }
  }
  await said(' runs')
  return {
    child,
    output: () => output,
    said,
    async stop() {
      child.kill('SIGTERM')
      const [code] = await ended
      return code
    },
  }
}
