/** An event as a client sees it. */
interface ReadEvent {
  id: string | null
  name: string
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it waits for.
  data: any
}

export interface EventReader {
  /** All that came so far. */
  readonly events: ReadEvent[]
  readonly comments: string[]
  /** As the standard says: that of the last event which had one, also one without data. */
  readonly lastEventId: string | null
  /** Resolves with the first that comes, or the end. */
  readonly begun: Promise<void>
  readonly ended: Promise<void>
  /** Resolves when one has come, or had come before. */
  until(found: (event: ReadEvent) => boolean): Promise<ReadEvent>
  close(): Promise<void>
}

/** Reads a stream as a browser's EventSource does. */
export function readEvents(response: Response, { timeoutMs = 60_000 } = {}): EventReader {
  if (response.status !== 200 || !response.body) throw new Error(`no stream: ${response.status}`)
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  const events: ReadEvent[] = []
  const comments: string[] = []
  let lastEventId: string | null = null
  let wake = () => {}
  let isOver = false
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()

  const take = (block: string) => {
    const event: ReadEvent = { id: null, name: 'message', data: undefined }
    for (const line of block.split('\n')) {
      if (line.startsWith(': ')) comments.push(line.slice(2))
      if (line.startsWith('id: ')) event.id = lastEventId = line.slice(4)
      if (line.startsWith('event: ')) event.name = line.slice(7)
      if (line.startsWith('data: ')) event.data = JSON.parse(line.slice(6))
    }
    if (event.data !== undefined) events.push(event)
  }

  const readAll = async () => {
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) take(block)
      begin()
      wake()
    }
  }
  const ended = readAll()
    .catch(() => undefined)
    .finally(() => {
      isOver = true
      begin()
      wake()
    })

  return {
    events,
    comments,
    get lastEventId() {
      return lastEventId
    },
    begun,
    ended,
    async until(found) {
      const timeout = AbortSignal.timeout(timeoutMs)
      timeout.addEventListener('abort', () => wake())
      for (;;) {
        const event = events.find(found)
        if (event) return event
        if (isOver || timeout.aborted) {
          const names = events.map(({ id, name }) => `${id} ${name}`).slice(-20)
          throw new Error(`the event did not come; ${isOver ? 'the stream is over' : 'time is over'}: ${names}`)
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    close: () => reader.cancel().catch(() => undefined),
  }
}
