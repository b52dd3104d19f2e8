import { describe, expect, it } from 'vitest'
import { createEventChannel } from '../../shared/providers/channel.ts'
import type { BackendEvent } from '../../shared/providers/provider.ts'

const put = (name: string, port = 1): BackendEvent => ({
  type: 'UPDATE',
  backend: { name, servers: [{ name: 'srv1', address: '127.0.0.1', port }] },
})
const gone = (name: string): BackendEvent => ({ type: 'DELETE', name })

/** Whether it has come back by now. */
const hasCome = async (promise: Promise<unknown>): Promise<boolean> => {
  const other = Symbol()
  await Promise.resolve()
  return (await Promise.race([promise, Promise.resolve(other)])) !== other
}

describe('event channel', () => {
  it('gives all that waits at once, in the order in which it came', async () => {
    const channel = createEventChannel()
    await channel.emit(put('a'))
    await channel.emit(gone('b'))
    await channel.emit(put('c'))
    expect(await channel.take()).toEqual({ events: [put('a'), gone('b'), put('c')], missed: false })
  })

  it('waits for the first event', async () => {
    const channel = createEventChannel()
    const taken = channel.take()
    expect(await hasCome(taken)).toBe(false)
    await channel.emit(put('a'))
    expect(await taken).toEqual({ events: [put('a')], missed: false })
    const next = channel.take()
    expect(await hasCome(next)).toBe(false)
    await channel.emit(put('b'))
    expect(await next).toEqual({ events: [put('b')], missed: false })
  })

  it('keeps the newest of each backend, also of those that wait for a place', async () => {
    const channel = createEventChannel(1)
    await channel.emit(put('a', 1))
    await channel.emit(put('a', 2))
    const waits = [channel.emit(put('b', 1)), channel.emit(gone('b'))]
    expect(channel.counts()).toEqual({ depth: 2, size: 1, added: 0, updated: 3, deleted: 1 })
    expect((await channel.take())?.events).toEqual([put('a', 2), gone('b')])
    await Promise.all(waits)
  })

  it('lets who brings more than it holds wait until something was taken', async () => {
    const channel = createEventChannel(2)
    await channel.emit(put('a'))
    await channel.emit(put('b'))
    const third = channel.emit(put('c'))
    expect(await hasCome(third)).toBe(false)
    const batch = await channel.take()
    await third
    expect(batch?.events).toEqual([put('a'), put('b'), put('c')])
  })

  it('hears out who tells many things one after the other', async () => {
    const channel = createEventChannel(10)
    const telling = (async () => {
      for (let i = 0; i < 1_000; i++) await channel.emit(put(`b${i}`))
    })()
    expect((await channel.take())?.events).toHaveLength(1_000)
    await telling
  })

  it('ends a batch at some time, and loses nothing', async () => {
    const channel = createEventChannel(100)
    const telling = (async () => {
      for (let i = 0; i < 12_000; i++) await channel.emit(put(`b${i}`))
    })()
    const names = new Set<string>()
    while (names.size < 12_000) {
      const { events = [] } = (await channel.take()) ?? {}
      expect(events.length).toBeLessThanOrEqual(5_200)
      for (const event of events) if (event.type !== 'DELETE') names.add(event.backend.name)
    }
    await telling
  })

  it('remembers no more than twice its size, and says when it has missed something', async () => {
    const channel = createEventChannel(10)
    const all = Array.from({ length: 100_000 }, (_, i) => channel.emit(put(`b${i}`)))
    expect(channel.counts().depth).toBe(20)
    const batch = await channel.take()
    expect(batch?.events).toHaveLength(20)
    expect(batch?.missed).toBe(true)
    await Promise.all(all)
    await channel.emit(put('next'))
    expect(await channel.take()).toEqual({ events: [put('next')], missed: false })
  })

  it('takes back what could not be done, unless there is something newer', async () => {
    const channel = createEventChannel(2)
    await channel.emit(put('a', 1))
    await channel.emit(put('b', 1))
    const { events = [] } = (await channel.take()) ?? {}
    await channel.emit(gone('a'))
    channel.putBack(events)
    expect(channel.has('b')).toBe(true)
    expect((await channel.take())?.events).toEqual([gone('a'), put('b', 1)])
  })

  it('lets everybody go when it is closed', async () => {
    const channel = createEventChannel(1)
    await channel.emit(put('a'))
    const waits = channel.emit(put('b'))
    channel.close()
    await waits
    await channel.emit(put('c'))
    expect(await channel.take()).toBeNull()
    expect(channel.counts().depth).toBe(0)
  })
})
