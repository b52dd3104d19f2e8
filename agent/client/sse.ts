import { type ByteStream, readLines } from '../../shared/lib/read-lines.ts'

export interface Message {
  id?: string
  /** Not there: only the place in the stream has moved on. */
  event?: string
  data: string
}

interface ReadOptions {
  signal: AbortSignal
  /** A stream that says nothing for so long is a dead connection. */
  silenceMs: number
}

/** The messages of a stream of Server-Sent Events, until it ends, breaks, or is silent for too long. */
export async function* readMessages(body: ByteStream, { signal, silenceMs }: ReadOptions): AsyncGenerator<Message> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), silenceMs)
  let message: Partial<Message> = {}
  try {
    for await (const line of readLines(body, AbortSignal.any([signal, silence.signal]))) {
      timer.refresh()
      if (line !== '') {
        message = withField(message, line)
        continue
      }
      const { data = '' } = message
      if (message.event !== undefined || message.id !== undefined) yield { ...message, data }
      message = {}
    }
  } finally {
    clearTimeout(timer)
  }
}

function withField(message: Partial<Message>, line: string): Partial<Message> {
  const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line.replace(/\r$/, '')) ?? []
  if (name === 'id' || name === 'event') return { ...message, [name]: value }
  if (name !== 'data') return message
  return { ...message, data: message.data === undefined ? value : `${message.data}\n${value}` }
}
