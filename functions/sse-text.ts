export interface SseEvent {
  /** What a reader sends as `Last-Event-ID` when it comes back; without one it keeps the one before. */
  id?: string
  event?: string
  /** One line of text, such as JSON. Without it nothing is told, but the id is remembered. */
  data?: string
  /** How long a reader that lost the stream waits before it comes back. */
  retryMs?: number
  /** Readers skip it; whoever looks at the stream sees it. */
  comment?: string
}

const encoder = new TextEncoder()

/** As bytes, so that what many read is encoded once. */
export function encodeEvent({ id, event, data, retryMs, comment }: SseEvent): Uint8Array<ArrayBuffer> {
  const lines: string[] = []
  if (comment !== undefined) lines.push(`: ${oneLine(comment)}`)
  if (retryMs !== undefined) lines.push(`retry: ${retryMs}`)
  if (id !== undefined) lines.push(`id: ${oneLine(id)}`)
  if (event !== undefined) lines.push(`event: ${oneLine(event)}`)
  if (data !== undefined) lines.push(`data: ${oneLine(data)}`)
  return encoder.encode(`${lines.join('\n')}\n\n`) as Uint8Array<ArrayBuffer>
}

export const encodeComment = (comment: string): Uint8Array<ArrayBuffer> => encodeEvent({ comment })

/** A line break would begin another field. */
function oneLine(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RangeError('a field of an event must be one line')
  return text
}
