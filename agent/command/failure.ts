import { FrontError } from '../client/front-error.ts'
import { SettingsError } from '../config/read.ts'
import { NotSetUpError } from '../daemon/agent-front.ts'
import { DaemonError } from '../daemon/control.ts'
import { RunsAlreadyError } from '../daemon/daemon.ts'
import { CommandError, EXIT, type ExitCode } from './command.ts'

export interface Failure {
  sentence: string
  exitCode: ExitCode
}

/** What a person can do something about. */
const EXPECTED = [CommandError, SettingsError, NotSetUpError, RunsAlreadyError, DaemonError, FrontError]

/** A command's end in words; `null`: it is a mistake of the program, of which the place has to be seen. */
export function failureOf(error: unknown, signal: AbortSignal): Failure | null {
  if (error instanceof CommandError) return { sentence: error.message, exitCode: error.exitCode }
  if (signal.aborted) return { sentence: 'Interrupted', exitCode: EXIT.interrupted }
  if (!(error instanceof Error)) return null
  const sentence = EXPECTED.some((kind) => error instanceof kind) ? error.message : ofTheSystem(error)
  return sentence === null ? null : { sentence, exitCode: EXIT.failed }
}

const REASONS: Record<string, string> = {
  EACCES: 'this user may not do that',
  EPERM: 'this user may not do that',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk can only be read',
  ELOOP: 'its links lead in a circle',
}

/** What the kernel refuses: a file that may not be read, a full disk. */
function ofTheSystem(error: NodeJS.ErrnoException & { address?: string }): string | null {
  const { code, address, path = address, syscall, message } = error
  if (code === undefined || syscall === undefined) return null
  const reason = REASONS[code]
  return reason === undefined ? message : `${path ?? 'A file'} cannot be used (${syscall}): ${reason}`
}
