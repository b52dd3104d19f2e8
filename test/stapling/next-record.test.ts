import { describe, expect, it } from 'vitest'
import { afterAnswer, afterFailure, isDue, stapleOf } from '../../shared/stapling/next-record.ts'
import type { StapledAnswer, StapleRecord } from '../../shared/stapling/records.ts'

const NOW_MS = Date.parse('2030-01-01T00:00:00Z')
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000]
const edge = {
  name: 'shop',
  fingerprint: 'AA',
  notAfterMs: NOW_MS + 30 * DAY_MS,
  ocsp: { responder: 'http://ocsp.test', mustStaple: false },
}
const good = (nextUpdateMs: number): StapledAnswer => ({
  status: 'good',
  thisUpdateMs: NOW_MS,
  nextUpdateMs,
  der: 'MAo=',
})
const known = (changes: Partial<StapleRecord> = {}): StapleRecord => ({
  ...{ name: 'shop', fingerprint: 'AA', answer: good(NOW_MS + DAY_MS), failures: 0, lastError: null },
  nextTryAtMs: NOW_MS + HOUR_MS,
  ...changes,
})

describe.each([
  ['for a week', 7 * DAY_MS, 0, 3.5 * DAY_MS],
  ['for a week, earlier by chance', 7 * DAY_MS, 1, 3.15 * DAY_MS],
  ['for an hour', HOUR_MS, 0, 30 * MINUTE_MS],
  ['for six minutes', 6 * MINUTE_MS, 0, 5 * MINUTE_MS],
  ['for a year', 365 * DAY_MS, 0, 4 * DAY_MS],
])('an answer that is good %s', (_how, leftMs, random, pauseMs) => {
  it('is asked for again in time', () => {
    const record = afterAnswer(edge, undefined, good(NOW_MS + leftMs), NOW_MS, random)
    expect(record).toMatchObject({ failures: 0, lastError: null, nextTryAtMs: NOW_MS + pauseMs })
  })
})

it('takes no answer for news that is older than what it has, as long as that is good', () => {
  const revoked: StapledAnswer = { ...good(NOW_MS + DAY_MS), status: 'revoked', revokedAtMs: 0 }
  const older = { ...good(NOW_MS + 3 * DAY_MS), thisUpdateMs: NOW_MS - 1 }
  const after = (record: StapleRecord, nowMs = NOW_MS) => afterAnswer(edge, record, older, nowMs, 0).answer
  expect(after(known({ answer: revoked }))).toEqual(revoked)
  expect(after(known({ answer: revoked }), NOW_MS + DAY_MS)).toEqual(older)
  expect(after(known({ answer: revoked, fingerprint: 'BB' }))).toEqual(older)
  expect(afterAnswer(edge, known({ answer: revoked }), good(NOW_MS + DAY_MS), NOW_MS, 0).answer?.status).toBe('good')
})

it.each([
  ['the first time', 0, 0, MINUTE_MS],
  ['the third time', 2, 0, 4 * MINUTE_MS],
  ['later by chance', 2, 1, 4.4 * MINUTE_MS],
  ['for long', 40, 0, HOUR_MS],
])('a responder that fails %s is left alone', (_how, failures, random, pauseMs) => {
  const record = afterFailure(edge, known({ failures }), 'away', NOW_MS, random)
  expect(record).toMatchObject({ failures: failures + 1, lastError: 'away', nextTryAtMs: NOW_MS + pauseMs })
})

it('goes on with what it has until that has expired, and never with that of another certificate', () => {
  expect(afterFailure(edge, known(), 'away', NOW_MS, 0).answer).toEqual(known().answer)
  expect(afterFailure(edge, known(), 'away', NOW_MS + DAY_MS, 0).answer).toBeNull()
  const other = known({ fingerprint: 'BB', failures: 7 })
  expect(afterFailure(edge, other, 'away', NOW_MS, 0)).toMatchObject({ answer: null, failures: 1, fingerprint: 'AA' })
})

it.each([
  ['nothing is known', undefined, {}, true],
  ['its time has come', known({ nextTryAtMs: NOW_MS }), {}, true],
  ['its time has not come', known(), {}, false],
  ['it is another certificate', known({ fingerprint: 'BB' }), {}, true],
  ['the clock was set back by a year since', known({ nextTryAtMs: NOW_MS + 365 * DAY_MS }), {}, true],
  ['the longest time is not over', known({ nextTryAtMs: NOW_MS + 4 * DAY_MS }), {}, false],
  ['nobody can be asked', undefined, { ocsp: undefined }, false],
  ['the certificate has expired', undefined, { notAfterMs: NOW_MS }, false],
])('whether to ask: %s', (_what, record, changes, expected) => {
  expect(isDue({ ...edge, ...changes } as typeof edge, record, NOW_MS)).toBe(expected)
})

it.each([
  ['good', known(), 'MAo='],
  ['nothing known', undefined, null],
  ['of another certificate', known({ fingerprint: 'BB' }), null],
  ['in its last five minutes', known({ answer: good(NOW_MS + 5 * MINUTE_MS) }), null],
  ['just before them', known({ answer: good(NOW_MS + 5 * MINUTE_MS + 1) }), 'MAo='],
  ['revoked', known({ answer: { ...good(NOW_MS + DAY_MS), status: 'revoked', revokedAtMs: 0 } }), null],
])('what may be stapled: %s', (_what, record, expected) => {
  expect(stapleOf(edge, record, NOW_MS)).toBe(expected)
})
