/** Each line of the stream, parsed. Ends without an error when the stream does, even within a line. */
export async function* jsonLines<T>(stream: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  let pending = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = decoder.decode(value, { stream: true }).split('\n')
    const last = lines.pop() as string
    for (const line of lines) {
      yield JSON.parse(pending + line)
      pending = ''
    }
    pending += last
  }
}
