import { connect } from 'node:net'
import { sleep } from '../../../shared/lib/sleep.ts'
import { ConnectionLost, openDialogue, WORKER_PROMPT } from './dialogue.ts'
import { newsIn } from './ring-news.ts'

export interface RingReader {
  line(text: string): void
  /** They came faster than they were read. */
  missed(lines: number): void
}

/** The ring of one worker, by one connection, which stays with that worker over reloads. */
export interface RingReading {
  readonly pid: string
  /** Reads what is behind the mark, and what comes. When it ends, gives the mark of what was read. */
  read(reader: RingReader, mark: string): Promise<string>
  /** Reads what there still is, and ends. */
  finish(): void
  close(): void
}

/** So often while lines come: the ring holds what comes meanwhile, up to some 8,000 lines a second. */
const EVERY_MS = 250
/** So often while none come, for lines that came just before somebody waited for them. */
const IDLE_MS = 1_000
/** Without it HAProxy closes what is idle. */
const LONGEST_SECONDS = 86_400

/**
 * The whole ring is asked for again and again. To follow it (`show events -w`) would wake HAProxy for each line, which
 * costs it as much as half of the request; so that is only done while there is nothing, until the first line.
 */
export async function openRing(path: string, ring: string): Promise<RingReading> {
  const closing = new AbortController()
  const { signal } = closing
  const dialogue = await openDialogue(path, { prompt: WORKER_PROMPT, onClose: () => closing.abort() })
  const [info = ''] = await dialogue.ask(['show info', `set timeout cli ${LONGEST_SECONDS}`])
  const pid = pidIn(info)
  if (pid === null) {
    dialogue.end()
    throw new ConnectionLost()
  }
  const finishing = new AbortController()
  const wait = async (foundAny: boolean, wasRung: boolean): Promise<boolean> => {
    const either = AbortSignal.any([signal, finishing.signal])
    if (!foundAny && !wasRung) return await nextLine(path, ring, either)
    // A line of another worker may have rung.
    await sleep(foundAny ? EVERY_MS : IDLE_MS, either)
    return false
  }

  return {
    pid,
    async read({ line, missed }, from) {
      let [mark, wasRung] = [from, false]
      try {
        while (!signal.aborted) {
          const isLast = finishing.signal.aborted
          const [text = ''] = await dialogue.ask([`show events ${ring}`])
          const news = newsIn(text, mark)
          mark = news.mark
          if (news.missed > 0) missed(news.missed)
          for (const each of news.lines) line(each)
          if (isLast) break
          wasRung = await wait(news.lines.length > 0, wasRung)
        }
      } catch {
        // It is gone, and the next one is found by itself.
      }
      dialogue.end()
      return mark
    },
    finish: () => finishing.abort(),
    close: () => dialogue.end(),
  }
}

export const pidIn = (info: string): string | null => /^Pid: (\d+)$/m.exec(info)?.[1] ?? null

/** Whether one came before the time was over. */
function nextLine(path: string, ring: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let hasCome = false
    const socket = connect(path)
    const leave = () => void socket.destroy()
    signal.addEventListener('abort', leave)
    socket.unref()
    socket.setTimeout(IDLE_MS, leave)
    socket.on('data', () => {
      hasCome = true
      leave()
    })
    socket.on('error', leave)
    socket.on('close', () => {
      signal.removeEventListener('abort', leave)
      resolve(hasCome)
    })
    socket.write(`show events ${ring} -w -n\n`)
  })
}
