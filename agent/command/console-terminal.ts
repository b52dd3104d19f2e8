import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CommandError, EXIT } from './command.ts'
import { painter, type Terminal } from './terminal.ts'

const PROGRESS_AFTER_MS = 1_000
const PROGRESS_EVERY_MS = 1_000

type Output = NodeJS.WritableStream & { isTTY?: boolean }

export interface Streams {
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  output: Output
  errors: Output
}

interface TerminalOptions {
  json: boolean
  environment: Record<string, string | undefined>
}

export function createTerminal({ input, output, errors }: Streams, { json, environment }: TerminalOptions): Terminal {
  const interactive = input.isTTY === true && errors.isTTY === true && !json
  const paint = painter(output.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb')

  const ask: Terminal['ask'] = async (question, { fallback, secret = false } = {}) => {
    if (!interactive) throw new CommandError(`${question}: nobody is there to answer`, { exitCode: EXIT.misused })
    const shown = fallback === undefined ? `${question}: ` : `${question} [${fallback}]: `
    // What is typed is written by the line editor, unless nothing of it may be seen.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input, output: secret ? nowhere : errors, terminal: true })
    if (secret) errors.write(shown)
    const interrupted = new Promise<never>((_, reject) => {
      const given = () => reject(new CommandError('\nNothing was done', { exitCode: EXIT.interrupted }))
      lines.once('SIGINT', given).once('close', given)
    })
    try {
      const given = (await Promise.race([lines.question(secret ? '' : shown), interrupted])).trim()
      if (secret) errors.write('\n')
      return given === '' ? (fallback ?? '') : given
    } finally {
      interrupted.catch(() => undefined)
      lines.close()
    }
  }

  return {
    json,
    interactive,
    paint,
    say: (line = '') => void (json || output.write(`${line}\n`)),
    answer: (document) => void (json && output.write(`${JSON.stringify(document, null, 2)}\n`)),
    note: (line) => void errors.write(`${line}\n`),
    ask,
    confirm: async (question) => /^y(es)?$/i.test(await ask(`${question} (yes/no)`, { fallback: 'no' })),
    async during(what, work) {
      const end = showProgress(errors, what)
      try {
        return await work
      } finally {
        end()
      }
    },
  }
}

/** On a terminal one line that counts the seconds; in a log file one line. */
function showProgress(errors: Output, what: string): () => void {
  let seconds = 0
  let shown = false
  const tick = () => {
    seconds++
    if (errors.isTTY) errors.write(`\r${what} … ${seconds} s`)
    else if (!shown) errors.write(`${what} …\n`)
    shown = true
  }
  let every: NodeJS.Timeout | undefined
  const first = setTimeout(() => {
    tick()
    every = setInterval(tick, PROGRESS_EVERY_MS)
  }, PROGRESS_AFTER_MS)
  return () => {
    clearTimeout(first)
    clearInterval(every)
    if (shown && errors.isTTY) errors.write('\r\u001b[K')
  }
}
