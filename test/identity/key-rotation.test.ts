import { expect, it } from 'vitest'
import { nextKey, outlivedKeys, signingKeyAt } from '../../shared/identity/key-rotation.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const TTL_MS = 60 * MINUTE_MS

const key = (name: string, madeAtMs: number, signsFromMs = madeAtMs) => ({ name, madeAtMs, signsFromMs })
const OLD = key('old', 0)
const NEW = key('new', 30 * DAY_MS, 30 * DAY_MS + 5 * MINUTE_MS)

it.each([
  ['the only key', [OLD], DAY_MS, 'old'],
  ['the old one while the new one is only published', [OLD, NEW], NEW.signsFromMs - 1, 'old'],
  ['the new one from its moment on', [OLD, NEW], NEW.signsFromMs, 'new'],
  ['the same in whatever order they come', [NEW, OLD], NEW.signsFromMs, 'new'],
  ['by a clock that is behind, the first that will', [NEW], DAY_MS, 'new'],
  ['none of none', [], DAY_MS, undefined],
])('signs: %s', (_, keys, nowMs, expected) => expect(signingKeyAt(keys, nowMs)?.name).toBe(expected))

it.each([
  ['the first signs at once', [], 7, { madeAtMs: 7, signsFromMs: 7 }],
  ['none before 30 days', [OLD], 30 * DAY_MS - 1, null],
  [
    'the next after 30 days, 5 minutes ahead',
    [OLD],
    30 * DAY_MS,
    { madeAtMs: 30 * DAY_MS, signsFromMs: NEW.signsFromMs },
  ],
  ['no second one while the next is published', [OLD, NEW], 30 * DAY_MS + 1, null],
  ['none where the newest comes from a clock that is ahead', [NEW], 0, null],
])('makes: %s', (_, keys, nowMs, expected) => expect(nextKey(keys, nowMs)).toEqual(expected))

it.each([
  ['never the only one', [OLD], 1_000 * DAY_MS, []],
  ['not while its tokens live', [OLD, NEW], NEW.signsFromMs + TTL_MS, []],
  ['not until clocks that differ agree', [OLD, NEW], NEW.signsFromMs + TTL_MS + 5 * MINUTE_MS - 1, []],
  ['once all its tokens have expired', [OLD, NEW], NEW.signsFromMs + TTL_MS + 5 * MINUTE_MS, ['old']],
  ['never the newest', [OLD, NEW], 1_000 * DAY_MS, ['old']],
])('deletes: %s', (_, keys, nowMs, expected) =>
  expect(outlivedKeys(keys, nowMs, TTL_MS).map(({ name }) => name)).toEqual(expected),
)
