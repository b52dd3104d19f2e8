import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LIMITS } from '../../../agent/ingress/limits.ts'
import { createProtocolChoice } from '../../../agent/ingress/protocol-choice.ts'

const BOTH = ['h2', 'http/1.1']

function start() {
  const calmed = vi.fn()
  const choice = createProtocolChoice({ limits: LIMITS, calmed })
  /** Turns of the event loop in which so many requests come. */
  const turns = (count: number, requests: number) => {
    for (let turn = 0; turn < count; turn++) {
      for (let i = 0; i < requests; i++) choice.asked()
      vi.advanceTimersByTime(1)
    }
  }
  return { choice, calmed, turns, chosen: () => choice.of(BOTH) }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setImmediate', 'setTimeout'] }))
afterEach(() => void vi.useRealTimers())

it('chooses HTTP/2 while many requests come at once', () => {
  const { turns, chosen, calmed } = start()
  turns(5_000, 2)
  expect(chosen()).toBe('http/1.1')
  turns(5_000, 6)
  expect(chosen()).toBe('h2')
  turns(5_000, 3)
  expect([chosen(), calmed.mock.calls.length]).toEqual(['h2', 0])
  turns(5_000, 1)
  expect([chosen(), calmed.mock.calls.length]).toEqual(['http/1.1', 1])
})

it('takes what there is', () => {
  const { choice, turns } = start()
  const offers = [['h2'], ['http/1.1'], ['spdy/3']]
  expect(offers.map(choice.of)).toEqual(['h2', 'http/1.1', undefined])
  turns(5_000, 6)
  expect(offers.map(choice.of)).toEqual(['h2', 'http/1.1', undefined])
})

it('rests from HTTP/2 where large answers are no exception, and tries again', () => {
  const { choice, turns, chosen, calmed } = start()
  turns(5_000, 6)
  for (let i = 0; i < 50; i++) {
    choice.wentAlone()
    turns(100, 6)
  }
  expect(chosen()).toBe('h2')
  for (let i = 0; i < 25; i++) choice.wentAlone()
  expect([chosen(), calmed.mock.calls.length]).toEqual(['http/1.1', 1])
  turns(59_000, 6)
  expect(chosen()).toBe('http/1.1')
  turns(2_000, 6)
  expect(chosen()).toBe('h2')
})

it('knows of which connections it cannot say that the front had no choice', () => {
  const { choice, turns } = start()
  expect(choice.mayHaveChosen()).toBe(false)
  turns(5_000, 6)
  expect(choice.mayHaveChosen()).toBe(true)
  turns(4_000, 1)
  expect(choice.of(BOTH)).toBe('http/1.1')
  expect(choice.mayHaveChosen()).toBe(true)
  turns(LIMITS.handshakeMs, 1)
  expect(choice.mayHaveChosen()).toBe(false)
})
