import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Requests a second by one thread of wrk; `null`: there is no wrk on this machine. */
export async function wrk(args: string[], { seconds, connections = 64 }: WrkOptions): Promise<number | null> {
  const all = ['-t1', `-c${connections}`, `-d${seconds}s`, ...args]
  const { stdout } = await promisify(execFile)('wrk', all).catch((error) => {
    if (error.code !== 'ENOENT') throw error
    process.stdout.write('Requests a second are not measured: wrk is missing (apt-get install wrk)\n\n')
    return { stdout: null }
  })
  if (stdout === null) return null
  if (/Non-2xx/.test(stdout)) throw new Error(`wrk got bad answers:\n${stdout}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
}

interface WrkOptions {
  seconds: number
  connections?: number
}
