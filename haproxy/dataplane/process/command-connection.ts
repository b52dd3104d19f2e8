import type { Dialogue } from './dialogue.ts'

/** Those that came while others were on their way go together, so many at most: then a slow one keeps few waiting. */
const MOST_TOGETHER = 64

export interface CommandConnection {
  /** Commands in one go, with an answer for each; nothing of somebody else's comes between them. */
  send(...commands: string[]): Promise<string[]>
  close(): void
}

/** One dialogue for all who come. It is opened again for the next one when it has closed. */
export function createCommandConnection(openNew: (onClose: () => void) => Promise<Dialogue>): CommandConnection {
  let open: Promise<Dialogue> | null = null
  const waiting: Sent[] = []
  let isSending = false

  const forget = (which: Promise<Dialogue>) => {
    if (open === which) open = null
  }
  const dialogue = () => {
    if (open) return open
    const opened = openNew(() => forget(opened))
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
