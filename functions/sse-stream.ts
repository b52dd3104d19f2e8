import { joinBytes } from '../shared/lib/join-bytes.ts'
import { encodeComment } from './sse-text.ts'

export interface SseStreamOptions {
  /** What waits for a reader at most: who lets more gather is cut off. Default 1 MiB, and 5,000 events. */
  maxBytes?: number
  maxEvents?: number
  /** A sign of life after so long, while nothing waits. A reader that takes nothing for two of them is cut off. Default 15 s. */
  beatMs?: number
  /** What the sign of life is. */
  beat?: () => Uint8Array<ArrayBuffer>
  /** What is sent first. */
  first?: Uint8Array<ArrayBuffer>
  /** Called when a reader is cut off. */
  onCutOff?: () => void
  /** Ends the connection of a reader that does not even take the end. */
  abandon?: () => void
}

export interface SseStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Aborted once nothing more can be sent: ended, cut off, or left by the reader. */
  readonly signal: AbortSignal
  /** An encoded event. Cuts the reader off where too much waits for it; after the end it does nothing. */
  send(block: Uint8Array<ArrayBuffer>): void
  /** Whether little waits for the reader. */
  readonly hasRoom: boolean
  /** Resolves once it has room, or the stream is over: for who has more than may wait. */
  room(): Promise<void>
  /** What waits is still sent, then why it ends, as a comment. */
  end(why: string): void
}

const MAX_BYTES = 1024 * 1024
const MAX_EVENTS = 5_000
const BEAT_MS = 15_000
/** What is handed on at once. */
const CHUNK_BYTES = 64 * 1024
/** How long a reader has to take what is left. */
const LAST_WORDS_MS = 5_000
const TOO_SLOW = 'cut off: you read too slowly. Come back with Last-Event-ID to go on from here'
const BEAT = encodeComment('still here')

/** The answer's side of an event stream: what waits is bounded, whoever reads, and however slowly. */
export function createSseStream(options: SseStreamOptions = {}): SseStream {
  const { maxBytes = MAX_BYTES, maxEvents = MAX_EVENTS, beatMs = BEAT_MS, beat = () => BEAT } = options
  const { abandon, onCutOff } = options
  const over = new AbortController()
  const waiting: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  let beatsWithoutPull = 0
  let lastWords: ReturnType<typeof setTimeout> | undefined
  let wakePull = () => {}
  let wakeWriters = () => {}
  let roomier: Promise<void> | null = null

  const isRoomy = () => bytes <= maxBytes / 4 && waiting.length <= maxEvents / 4

  const enqueue = (block: Uint8Array<ArrayBuffer>) => {
    waiting.push(block)
    bytes += block.length
    wakePull()
  }

  const finish = () => {
    clearInterval(beating)
    over.abort()
    wakePull()
    wakeWriters()
  }

  const end = (why: string) => {
    if (over.signal.aborted) return
    enqueue(encodeComment(why))
    lastWords = setTimeout(giveUp, LAST_WORDS_MS)
    finish()
  }

  const cutOff = () => {
    if (!over.signal.aborted) onCutOff?.()
    waiting.length = 0
    bytes = 0
    end(TOO_SLOW)
  }

  const giveUp = () => {
    if (abandon) abandon()
    else controller?.error(new Error(TOO_SLOW))
  }

  const beating = setInterval(() => {
    if (waiting.length === 0) return enqueue(beat())
    beatsWithoutPull += 1
    if (beatsWithoutPull === 2) cutOff()
  }, beatMs)

  const take = (): Uint8Array<ArrayBuffer> => {
    let count = 0
    let length = 0
    do length += waiting[count++]?.length ?? 0
    while (count < waiting.length && length + (waiting[count]?.length ?? 0) <= CHUNK_BYTES)
    bytes -= length
    return joinBytes(waiting.splice(0, count))
  }

  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(given) {
        controller = given
      },
      async pull(given) {
        beatsWithoutPull = 0
        while (waiting.length === 0 && !over.signal.aborted) {
          await new Promise<void>((resolve) => {
            wakePull = resolve
          })
        }
        if (waiting.length > 0) given.enqueue(take())
        if (isRoomy()) wakeWriters()
        if (waiting.length > 0 || !over.signal.aborted) return
        clearTimeout(lastWords)
        given.close()
      },
      cancel() {
        clearTimeout(lastWords)
        waiting.length = 0
        finish()
      },
    },
    { highWaterMark: 0 },
  )
  if (options.first) enqueue(options.first)

  return {
    body,
    signal: over.signal,
    get hasRoom() {
      return isRoomy()
    },
    send(block) {
      if (over.signal.aborted) return
      if (waiting.length >= maxEvents || bytes + block.length > maxBytes) cutOff()
      else enqueue(block)
    },
    async room() {
      if (isRoomy() || over.signal.aborted) return
      roomier ??= new Promise((resolve) => {
        wakeWriters = () => {
          roomier = null
          resolve()
        }
      })
      await roomier
    },
    end,
  }
}
