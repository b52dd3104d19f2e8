import { execFile } from 'node:child_process'
import { programEnvironment } from './program-environment.ts'

/** Configurations of this size take HAProxy seconds; no one takes minutes. */
const CHECK_TIMEOUT_MS = 60_000

export interface CheckResult {
  valid: boolean
  /** HAProxy's own lines, without process ids and folders. */
  reasons: string[]
}

/** Lets HAProxy read a configuration file without running it. */
export function checkFile(haproxy: string, path: string, cwd: string): Promise<CheckResult> {
  return new Promise((resolve, reject) => {
    const env = programEnvironment()
    execFile(
      haproxy,
      ['-c', '-f', path],
      { cwd, env, timeout: CHECK_TIMEOUT_MS, maxBuffer: 2 ** 24 },
      (error, out, err) => {
        const failure = error as (Error & { code?: unknown }) | null
        if (failure && typeof failure.code !== 'number')
          return reject(new Error(`${haproxy} cannot be run`, { cause: error }))
        resolve({ valid: failure === null, reasons: reasonsOf(`${out}\n${err}`, path) })
      },
    )
  })
}

function reasonsOf(output: string, path: string): string[] {
  return output
    .split('\n')
    .map((line) => /^\[ALERT\]\s+\(\d+\) : (.*)$/.exec(line)?.[1])
    .filter((line) => line !== undefined)
    .map((line) => line.replaceAll(path, 'haproxy.cfg').replaceAll(' : ', ' '))
}
