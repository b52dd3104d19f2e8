import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { onTestFailed, onTestFinished } from 'vitest'

/** What is run as `cloudlunacy-agent`: the sources, or what was installed. */
export type Program = readonly string[]
export const FROM_SOURCES: Program = ['node', `${process.cwd()}/agent/command/main.ts`]

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

function start(args: string[], { cwd, program = FROM_SOURCES, env = {} }: RunOptions): ChildProcess {
  const [command = '', ...first] = program
  return spawn(command, [...first, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** One command, until it ends. */
export async function runAgent(args: string[], options: RunOptions): Promise<Ran> {
  const child = start(args, options)
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
  const child = start(['up', ...(options.args ?? [])], options)
  const ended = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  onTestFailed(() => void process.stderr.write(`--- the agent said\n${output}`))
  const said = async (what: string) => {
    while (!output.includes(what)) {
      const heard = Promise.race([once(child.stdout as never, 'data'), once(child.stderr as never, 'data')])
      await Promise.race([heard, ended])
      if ((child.exitCode ?? child.signalCode) !== null && !output.includes(what)) throw new Error(`the agent ended with ${child.exitCode}`)
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
