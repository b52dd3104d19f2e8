import { describe, expect, test } from 'vitest'
import { needsNewCrl, needsRenewal } from '../../shared/pki/index.ts'
import { DAY_MS } from './support.ts'

const START = Date.UTC(2030, 0)
const days = (from: number, to: number) => ({ notBeforeMs: START + from * DAY_MS, notAfterMs: START + to * DAY_MS })

describe('needsRenewal', () => {
  test.each([
    ['on its first day', days(0, 90), 0, false],
    ['just before two thirds', days(0, 90), 59.999, false],
    ['at exactly two thirds', days(0, 90), 60, true],
    ['after two thirds', days(0, 90), 75, true],
    ['at its last moment', days(0, 90), 90, true],
    ['long expired', days(0, 90), 10_000, true],
    ['not yet valid, on a clock that went back', days(0, 90), -1, true],
    ['a life of an hour, half over', days(0, 1 / 24), 1 / 48, false],
    ['a life of an hour, three quarters over', days(0, 1 / 24), 1 / 32, true],
    ['a life of no length', days(0, 0), 0, true],
    ['an end before its beginning', days(90, 0), 45, true],
    ['a life of a million years', days(0, 365e6), 1, false],
    ['a beginning that is no number', { notBeforeMs: Number.NaN, notAfterMs: START + DAY_MS }, 0, true],
    ['an end that is no number', { notBeforeMs: START, notAfterMs: Number.NaN }, 0, true],
    ['no end', { notBeforeMs: START, notAfterMs: Number.POSITIVE_INFINITY }, 0, false],
    ['a clock that is no number', days(0, 90), Number.NaN, true],
  ])('%s', (_, validity, onDay, expected) => {
    expect(needsRenewal(validity, START + onDay * DAY_MS)).toBe(expected)
  })
})

describe('needsNewCrl', () => {
  const list = { thisUpdateMs: START, nextUpdateMs: START + 30 * DAY_MS }

  test.each([
    ['at once', list, 0, false],
    ['just before a day is over', list, 0.999, false],
    ['after a day', list, 1, true],
    ['long expired', list, 1_000, true],
    ['from the future', list, -0.001, true],
    ['one that expires within a day', { ...list, nextUpdateMs: START + DAY_MS / 2 }, 0.6, true],
    ['without a usable date', { ...list, thisUpdateMs: Number.NaN }, 0, true],
    ['without a usable end', { ...list, nextUpdateMs: Number.NaN }, 0, true],
  ])('%s', (_, times, onDay, expected) => {
    expect(needsNewCrl(times, START + onDay * DAY_MS)).toBe(expected)
  })
})
