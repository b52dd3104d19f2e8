import { connect, type Socket } from 'node:net'

/** After a reload that failed, the master says so in its prompt. */
const PROMPT = /(?:^|\n)master(?:\[ReloadFailed\])?> /
const LAST_PROMPT = /(?:^|\n)master(?:\[ReloadFailed\])?> $/
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

/** Those that came while others were on their way go together, so many at most: then a slow one keeps few waiting. */
const MOST_TOGETHER = 64

export interface CommandConnection {
  /** Commands in one go, with an answer for each; nothing of somebody else's comes between them. */
  send(...commands: string[]): Promise<string[]>
  close(): void
}

/**
 * A connection to the master that is kept open. It cannot outlive a reload: the master executes itself anew then and
 * closes it. So what is sent through it never reaches a worker that has been replaced.
 */
export function createCommandConnection(path: string): CommandConnection {
  let open: Promise<Dialogue> | null = null
  const waiting: Sent[] = []
  let isSending = false

  const forget = (which: Promise<Dialogue>) => {
    if (open === which) open = null
  }
  const dialogue = () => {
    if (open) return open
    const opened = openDialogue(path, () => forget(opened))
    open = opened
    opened.catch(() => forget(opened))
    return opened
  }
  const sendAll = async () => {
    isSending = true
    while (waiting.length > 0) {
      const group = waiting.splice(0, MOST_TOGETHER)
      try {
        const answers = await (await dialogue()).ask(group.flatMap(({ commands }) => commands))
        for (const { commands, resolve } of group) resolve(answers.splice(0, commands.length))
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isSending = false
  }
  return {
    send: (...commands) =>
      new Promise((resolve, reject) => {
        waiting.push({ commands, resolve, reject })
        if (!isSending) void sendAll()
      }),
    close() {
      open?.then((each) => each.end()).catch(() => undefined)
      open = null
    },
  }
}

interface Sent {
  commands: string[]
  resolve(answers: string[]): void
  reject(error: unknown): void
}

interface Dialogue {
  ask(commands: string[]): Promise<string[]>
  end(): void
}

async function openDialogue(path: string, onClose: () => void): Promise<Dialogue> {
  const socket = connect(path)
  socket.setEncoding('utf8')
  const reader = readAnswers(socket)
  socket.on('close', onClose)
  const ask = (commands: string[]) => {
    const answers = reader.next(commands.length)
    socket.write(`${commands.join('\n')}\n`)
    return answers
  }
  await ask(['prompt'])
  return { ask, end: () => socket.destroy() }
}

interface Waiting {
  count: number
  resolve(answers: string[]): void
  reject(error: Error): void
}

function readAnswers(socket: Socket) {
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
    if (!LAST_PROMPT.test(tail)) return
    const answers = answersIn(chunks.join(''))
    if (answers.length === waiting?.count) settle((each) => each.resolve(answers))
    // An answer that nobody asked for would be taken for the next one.
    else if (answers.length > (waiting?.count ?? 0)) socket.destroy()
  })
  socket.on('error', lose)
  socket.on('close', () => lose())
  socket.on('timeout', () => socket.destroy())
  return {
    next: (count: number) =>
      new Promise<string[]>((resolve, reject) => {
        if (lost) return reject(lost)
        waiting = { count, resolve, reject }
        socket.ref()
        socket.setTimeout(ANSWER_TIMEOUT_MS)
      }),
  }
}

/** Each answer ends in a prompt on a line of its own. While a payload is read, a `+` is printed for each of its lines. */
const answersIn = (text: string): string[] =>
  text
    .split(PROMPT)
    .slice(0, -1)
    .map((answer) =>
      answer
        .trimStart()
        .replace(/^(?:\+ )+/, '')
        .trim(),
    )
