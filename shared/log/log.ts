import { conceal, redact, redactText } from './redact.ts'

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]
type Fields = Record<string, unknown>

/** Structured: a sentence for a person, fields for a machine. Secrets are taken out of both. */
export type Log = Record<Level, (message: string, fields?: Fields) => void> & {
  /** One line for each request. Its fields are built by us and hold no secret, so it takes the short way. */
  access(fields: AccessFields): void
}

interface AccessFields {
  /** When it came. */
  time: number
  requestId: string
  method: string
  path: string
  status: number
  ms: number
}

export interface LogOptions {
  write(line: string): void
  level?: Level
  /** `json` for machines, `text` for a person at a terminal. */
  format?: 'json' | 'text'
  now?: () => number
}

export function createLog({ write, level = 'info', format = 'json', now = Date.now }: LogOptions): Log {
  const toLine = format === 'json' ? jsonLine : textLine
  const silent = () => undefined
  const at = (each: Level) =>
    LEVELS.indexOf(each) < LEVELS.indexOf(level)
      ? silent
      : (message: string, fields: Fields = {}) =>
          write(toLine(now(), each, redactText(message), redact(fields) as Fields))
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    access: LEVELS.indexOf(level) > LEVELS.indexOf('info') ? silent : accessLog(write, format),
  }
}

/** The same log for somebody who knows these secrets. */
export function concealing(log: Log, secrets: readonly string[]): Log {
  if (secrets.length === 0) return log
  const at = (level: Level) => (message: string, fields?: Fields) =>
    log[level](conceal(message, secrets), conceal(redact(fields) as Fields | undefined, secrets))
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), access: log.access }
}

function accessLog(write: LogOptions['write'], format: 'json' | 'text'): Log['access'] {
  if (format === 'json') {
    // By hand: it is written for every request, and only the path could need escaping.
    return ({ time, requestId, method, path, status, ms }) =>
      write(
        `{"time":${time},"level":"info","msg":"request","requestId":"${requestId}","method":"${method}","path":${JSON.stringify(path)},"status":${status},"ms":${ms}}\n`,
      )
  }
  return ({ time, method, path, status, ms, requestId }) =>
    write(`${clock(time)} ${status} ${method} ${visible(path)} ${ms} ms ${requestId}\n`)
}

const jsonLine = (time: number, level: Level, msg: string, fields: Fields): string =>
  `${JSON.stringify({ time, level, msg, ...fields })}\n`

function textLine(time: number, level: Level, message: string, fields: Fields): string {
  const shown = Object.entries(fields).flatMap(([name, value]) => words(name, value))
  return `${clock(time)} ${level.padEnd(5)} ${visible([message, ...shown].join(' '))}\n`
}

/** What is in an object is shown by the names of both. */
function words(name: string, value: unknown): string[] {
  if (typeof value === 'string') return [`${name}=${value}`]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${name}=${JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([inner, one]) => words(`${name}.${inner}`, one))
}

/** No line breaks of a client's, and nothing that steers a terminal. */
const visible = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')

const clock = (time: number) => new Date(time).toISOString().slice(11, 19)
