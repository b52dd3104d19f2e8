import { createLog, type Level, type Log } from '../../shared/log/log.ts'

const LONGEST_DELAY_MS = 20

/** Lines are written some at a time: a write for each would cost more than the request. */
export function processLog(level: Level, out: NodeJS.WriteStream): { log: Log; flush(): void } {
  let waiting = ''
  const flush = () => {
    if (waiting !== '') out.write(waiting)
    waiting = ''
  }
  const write = (line: string) => {
    if (waiting === '') setTimeout(flush, LONGEST_DELAY_MS)
    waiting += line
  }
  return { log: createLog({ write, level, format: out.isTTY ? 'text' : 'json' }), flush }
}
