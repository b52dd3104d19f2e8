import { describe, expect, it, vi } from 'vitest'
import { createSseStream } from '../../functions/sse-stream.ts'
import { encodeComment, encodeEvent } from '../../functions/sse-text.ts'

const text = (block: Uint8Array) => new TextDecoder().decode(block)
const event = (number: number) => encodeEvent({ id: String(number), event: 'tick', data: `{"number":${number}}` })

async function readAll(body: ReadableStream<Uint8Array>): Promise<string> {
  let all = ''
  for await (const chunk of body) all += text(chunk)
  return all
}

describe('the text of an event', () => {
  it('has its fields in lines, and ends with an empty one', () => {
    expect(text(encodeEvent({ retryMs: 2_000, id: '7', event: 'tick', data: '{}' }))).toBe(
      'retry: 2000\nid: 7\nevent: tick\ndata: {}\n\n',
    )
    expect(text(encodeComment('here'))).toBe(': here\n\n')
  })

  it('takes no line break, which would begin another field', () => {
    for (const value of ['a\nb', 'a\rb', 'a\0b']) {
      expect(() => encodeEvent({ id: value })).toThrow('one line')
      expect(() => encodeEvent({ event: value })).toThrow('one line')
      expect(() => encodeEvent({ data: value })).toThrow('one line')
      expect(() => encodeComment(value)).toThrow('one line')
    }
  })
})

describe('an event stream', () => {
  it('gives what is sent in order, what waits together in one chunk, then why it ends', async () => {
    const stream = createSseStream({ first: encodeEvent({ retryMs: 1_000 }) })
    for (let number = 0; number < 3; number++) stream.send(event(number))
    const reader = stream.body.getReader()
    expect(text((await reader.read()).value as Uint8Array).match(/id: \d/g)).toEqual(['id: 0', 'id: 1', 'id: 2'])
    const next = reader.read()
    stream.send(event(3))
    expect(text((await next).value as Uint8Array)).toContain('id: 3')
    stream.end('that is all')
    expect(text((await reader.read()).value as Uint8Array)).toBe(': that is all\n\n')
    expect((await reader.read()).done).toBe(true)
    expect(stream.signal.aborted).toBe(true)
  })

  it('cuts a reader off who lets too much wait, by events and by bytes', async () => {
    for (const limits of [{ maxEvents: 10 }, { maxBytes: 300 }]) {
      const stream = createSseStream(limits)
      for (let number = 0; number < 20; number++) stream.send(event(number))
      expect(stream.signal.aborted).toBe(true)
      expect(await readAll(stream.body)).toMatch(/^: cut off: you read too slowly.*\n\n$/)
    }
  })

  it('shows that it lives while nothing waits, and cuts a reader off who takes nothing', async () => {
    const taken = createSseStream({ beatMs: 10, beat: () => encodeComment('alive') })
    const reader = taken.body.getReader()
    for (let count = 0; count < 3; count++) expect(text((await reader.read()).value as Uint8Array)).toBe(': alive\n\n')
    await reader.cancel()
    expect(taken.signal.aborted).toBe(true)

    const left = createSseStream({ beatMs: 10 })
    await vi.waitFor(() => expect(left.signal.aborted).toBe(true), 5_000)
  })

  it('tells a writer with a long backlog when there is room', async () => {
    const stream = createSseStream({ maxEvents: 100 })
    for (let number = 0; number < 60; number++) stream.send(event(number))
    let hasRoom = false
    const waiting = stream.room().then(() => {
      hasRoom = true
    })
    await Promise.resolve()
    expect(hasRoom).toBe(false)
    await stream.body.getReader().read()
    await waiting
    expect(stream.signal.aborted).toBe(false)
    stream.end('done')
  })

  it('ends the connection of a reader that does not even take the end', async () => {
    vi.useFakeTimers()
    try {
      const abandon = vi.fn()
      const stream = createSseStream({ abandon })
      stream.end('over')
      expect(abandon).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(5_000)
      expect(abandon).toHaveBeenCalledOnce()
    } finally {
      vi.useRealTimers()
    }
  })
})
