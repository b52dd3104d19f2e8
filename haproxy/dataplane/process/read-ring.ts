import { connect } from 'node:net'
import { sleep } from '../../../shared/lib/sleep.ts'
import { pidIn, STAY_OPEN } from './command-line.ts'
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
/** While none come it is asked all the same, ever less often: one may have come just before somebody waited for it. */
const FIRST_IDLE_MS = 500
const MOST_IDLE_MS = 4_000

/**
 * The whole ring is asked for again and again. To follow it (`show events -w`) would wake HAProxy for each line, which
 * costs it as much as half of the request; so that is only done while there is nothing, until the first line.
 */
export async function openRing(path: string, ring: string): Promise<RingReading> {
  const closing = new AbortController()
  const { signal } = closing
  const dialogue = await openDialogue(path, { prompt: WORKER_PROMPT, onClose: () => closing.abort() })
  const [info = ''] = await dialogue.ask(['show info', STAY_OPEN])
  const pid = pidIn(info)
  if (pid === null) {
    dialogue.end()
    throw new ConnectionLost()
  }
  const finishing = new AbortController()
  const either = AbortSignal.any([signal, finishing.signal])

  return {
    pid,
    async read({ line, missed }, from) {
      let [mark, idleMs, wasRung] = [from, FIRST_IDLE_MS, false]
      try {
        while (!signal.aborted) {
          const isLast = finishing.signal.aborted
          const [text = ''] = await dialogue.ask([`show events ${ring}`])
          const news = newsIn(text, mark)
          mark = news.mark
          if (news.missed > 0) missed(news.missed)
          for (const each of news.lines) line(each)
          if (isLast) break
          const isIdle = news.lines.length === 0
          idleMs = isIdle ? Math.min(2 * idleMs, MOST_IDLE_MS) : FIRST_IDLE_MS
          // It may have been a line of another worker, or nobody who could be waited for.
          const mayRing = isIdle && !wasRung
          wasRung = mayRing && (await nextLine(path, { ring, mostMs: idleMs, signal: either }))
          if (!mayRing) await sleep(isIdle ? idleMs : EVERY_MS, either)
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

interface Waiting {
  ring: string
  mostMs: number
  signal: AbortSignal
}

/** False: the time was over before one came. */
function nextLine(path: string, { ring, mostMs, signal }: Waiting): Promise<boolean> {
  return new Promise((resolve) => {
    // What was aborted before says so to nobody any more.
    if (signal.aborted) return resolve(false)
    let isLate = false
    const socket = connect(path)
    const leave = () => void socket.destroy()
    signal.addEventListener('abort', leave)
    socket.unref()
    socket.setTimeout(mostMs, () => {
      isLate = true
      leave()
    })
    socket.on('data', leave)
    socket.on('error', leave)
    socket.on('close', () => {
      signal.removeEventListener('abort', leave)
      resolve(!isLate)
    })
    socket.write(`show events ${ring} -w -n\n`)
  })
}
