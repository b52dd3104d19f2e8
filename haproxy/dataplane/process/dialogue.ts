import { connect, type Socket } from 'node:net'

/** What an answer ends in, on a line of its own. */
export interface Prompt {
  each: RegExp
  /** At the end of what has come so far. */
  last: RegExp
}

/** After a reload that failed, the master says so in its prompt. */
export const MASTER_PROMPT: Prompt = {
  each: /(?:^|\n)master(?:\[ReloadFailed\])?> /,
  last: /(?:^|\n)master(?:\[ReloadFailed\])?> $/,
}
export const WORKER_PROMPT: Prompt = { each: /\n> /, last: /\n> $/ }

const LONGEST_PROMPT = 24
/** HAProxy's own commands answer in milliseconds; a table of a million entries takes seconds. */
const ANSWER_TIMEOUT_MS = 30_000

/** The connection went away before the answer: whether the command took effect is not known. */
export class ConnectionLost extends Error {
  constructor(cause?: unknown) {
    super('HAProxy did not answer: it is starting, reloading or gone', { cause })
    this.name = 'ConnectionLost'
  }
}

/** A connection on which one command after the other is given; whoever asks waits for the answers before the next. */
export interface Dialogue {
  ask(commands: string[]): Promise<string[]>
  end(): void
}

interface DialogueOptions {
  prompt: Prompt
  onClose: () => void
  /** Until the first prompt. Default as for any answer. */
  openingMs?: number
}

export async function openDialogue(path: string, options: DialogueOptions): Promise<Dialogue> {
  const { prompt, onClose, openingMs } = options
  const socket = connect(path)
  socket.setEncoding('utf8')
  const reader = readAnswers(socket, prompt)
  socket.on('close', onClose)
  const ask = (commands: string[], timeoutMs?: number) => {
    const answers = reader.next(commands.length, timeoutMs)
    socket.write(`${commands.join('\n')}\n`)
    return answers
  }
  await ask(['prompt'], openingMs)
  return { ask: (commands) => ask(commands), end: () => socket.destroy() }
}

interface Waiting {
  count: number
  resolve(answers: string[]): void
  reject(error: Error): void
}

function readAnswers(socket: Socket, prompt: Prompt) {
  let chunks: string[] = []
  let tail = ''
  let waiting: Waiting | null = null
  let lost: ConnectionLost | null = null

  const settle = (use: (each: Waiting) => void) => {
    const each = waiting
    waiting = null
    chunks = []
    tail = ''
    socket.setTimeout(0)
    // A connection that waits for nothing keeps no process alive.
    socket.unref()
    if (each) use(each)
  }
  const lose = (cause?: unknown) => {
    const error = lost ?? new ConnectionLost(cause)
    lost = error
    settle((each) => each.reject(error))
  }
  socket.on('data', (chunk: unknown) => {
    chunks.push(String(chunk))
    tail = (tail + chunk).slice(-LONGEST_PROMPT)
    if (!prompt.last.test(tail)) return
    const answers = answersIn(chunks.join(''), prompt)
    if (answers.length === waiting?.count) settle((each) => each.resolve(answers))
    // An answer that nobody asked for would be taken for the next one.
    else if (answers.length > (waiting?.count ?? 0)) socket.destroy()
  })
  socket.on('error', lose)
  socket.on('close', () => lose())
  socket.on('timeout', () => socket.destroy())
  return {
    next: (count: number, timeoutMs = ANSWER_TIMEOUT_MS) =>
      new Promise<string[]>((resolve, reject) => {
        if (lost) return reject(lost)
        waiting = { count, resolve, reject }
        socket.ref()
        socket.setTimeout(timeoutMs)
      }),
  }
}

/** While a payload is read, a `+` is printed for each of its lines. */
const answersIn = (text: string, { each }: Prompt): string[] =>
  text
    .split(each)
    .slice(0, -1)
    .map((answer) =>
      answer
        .trimStart()
        .replace(/^(?:\+ )+/, '')
        .trim(),
    )
