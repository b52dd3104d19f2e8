import type { ParseArgsOptionsConfig } from 'node:util'
import type { Terminal } from './terminal.ts'

/** How a command ends: what scripts look at. */
export const EXIT = { done: 0, failed: 1, misused: 2, notRunning: 3, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface Option {
  /** `--name VALUE`, or a switch without a value. */
  value?: string
  short?: string
  about: string
}

export interface Command {
  /** `routes add`: what is typed. */
  name: string
  summary: string
  /** Arguments without a name, in order; in brackets when they may be left out. */
  takes?: string
  options?: Record<string, Option>
  /** More for `--help`. */
  about?: string
  run(input: Input, terminal: Terminal): Promise<ExitCode>
}

export interface Input {
  /** Arguments without a name. */
  words: string[]
  /** The value of an option; `undefined`: not given. */
  text(name: string): string | undefined
  /** Whether a switch was given. */
  has(name: string): boolean
  environment: Record<string, string | undefined>
  /** Ctrl-C, or the service manager. */
  signal: AbortSignal
}

/** What every command takes. */
export const COMMON: Record<string, Option> = {
  config: { value: 'FILE', short: 'c', about: 'The file to use; ./agent.yaml if not given' },
  json: { about: 'Answers as JSON, for programs' },
  help: { short: 'h', about: 'This text' },
}

export const parseOptions = (options: Record<string, Option>): ParseArgsOptionsConfig =>
  Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short !== undefined && { short }) },
    ]),
  )

/** Told to the user in its own words, without a stack. */
export class CommandError extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, { exitCode = EXIT.failed, cause }: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause })
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}
