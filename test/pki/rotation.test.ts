import { describe, expect, test } from 'vitest'
import { needsRotation, retiresAtMs, signingCa, trustedCas } from '../../shared/pki/index.ts'
import { DAY_MS } from './support.ts'

const ca = (name: string, madeOnDay: number, signsFromDay: number, endsOnDay = madeOnDay + 3_650) => ({
  name,
  notBeforeMs: madeOnDay * DAY_MS,
  signsFromMs: signsFromDay * DAY_MS,
  notAfterMs: endsOnDay * DAY_MS,
})

const first = ca('first', 0, 0)
const second = ca('second', 100, 107)
const third = ca('third', 110, 117)

describe.each([
  ['only one', [first], 50, 'first', ['first']],
  ['a new one that does not sign yet', [first, second], 100, 'first', ['second', 'first']],
  ['the moment before it signs', [first, second], 106.999, 'first', ['second', 'first']],
  ['the moment from which it signs', [first, second], 107, 'second', ['second', 'first']],
  ['the last day of what the old one signed', [first, second], 196.999, 'second', ['second', 'first']],
  ['the day after', [first, second], 197, 'second', ['second']],
  ['two rotations on each other’s heels', [third, first, second], 118, 'third', ['third', 'second', 'first']],
  ['of these, the first goes first', [first, second, third], 200, 'third', ['third', 'second']],
  ['and then the second', [first, second, third], 207, 'third', ['third']],
  ['a CA that is past its own end', [ca('old', 0, 0, 100), ca('new', 90, 95)], 101, 'new', ['new']],
  ['a clock that was set back', [first, second], -1, 'first', ['second', 'first']],
  ['all expired', [first], 3_651, undefined, []],
  ['none', [], 0, undefined, []],
] as const)('rotation: %s', (_, cas, onDay, signing, trusted) => {
  test('who signs', () => expect(signingCa(cas, onDay * DAY_MS)?.name).toBe(signing))
  test('who is trusted, newest first', () => {
    expect(trustedCas(cas, onDay * DAY_MS).map(({ name }) => name)).toEqual(trusted)
  })
})

describe('rotation', () => {
  test('the CA that signs is always one that is trusted', () => {
    const cas = [first, second, third]
    for (let day = 0; day < 3_760; day += 1) {
      const nowMs = day * DAY_MS
      expect(trustedCas(cas, nowMs)).toContain(signingCa(cas, nowMs))
    }
  })

  test('a CA without a successor stays until its own end', () => {
    expect(retiresAtMs(first, [first])).toBe(first.notAfterMs)
    expect(retiresAtMs(second, [first, second])).toBe(second.notAfterMs)
  })

  test.each([
    ['no CA at all', [], 0, true],
    ['a young one', [first], 100, false],
    ['one that still covers two lives of certificates', [first], 3_469, false],
    ['one that does not', [first], 3_470, true],
    ['an old one whose successor waits', [first, ca('next', 3_470, 3_477)], 3_471, false],
  ])('is due: %s', (_, cas, onDay, expected) => expect(needsRotation(cas, onDay * DAY_MS)).toBe(expected))
})
