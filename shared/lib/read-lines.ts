/** What is needed of a stream of bytes: a `ReadableStream` has it. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>
    cancel(): Promise<void>
  }
  cancel(): Promise<void>
}

/** The lines of a stream of UTF-8 text, until it ends or the signal is aborted; then the stream is cancelled. */
export async function* readLines(stream: Pick<ByteStream, 'getReader'>, signal: AbortSignal): AsyncGenerator<string> {
  const reader = stream.getReader()
  const cancel = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  const decoder = new TextDecoder()
  let rest = ''
  try {
    while (!signal.aborted) {
      const { value, done } = await reader.read()
      if (done) return
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (signal.aborted) return
        yield line
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}
