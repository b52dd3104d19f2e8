import { expect, it } from 'vitest'
import { retryAfterMs } from '../../shared/lib/retry-after.ts'

const NOW_MS = Date.parse('2026-10-21T07:00:00Z')
const WEEK_MS = 7 * 86_400_000

it.each<[string, Record<string, string>, number | null]>([
  ['seconds', { 'retry-after': '7' }, 7_000],
  ['at once', { 'retry-after': ' 0 ' }, 0],
  ['longer than is believed', { 'retry-after': '9999999999' }, WEEK_MS],
  ['a date, by our clock', { 'retry-after': 'Wed, 21 Oct 2026 07:01:00 GMT' }, 60_000],
  [
    'a date, by the clock of who answers',
    { 'retry-after': 'Wed, 21 Oct 2026 07:01:00 GMT', date: 'Wed, 21 Oct 2026 07:00:50 GMT' },
    10_000,
  ],
  ['a date that is over', { 'retry-after': 'Wed, 21 Oct 2026 06:00:00 GMT' }, 0],
  ['nothing', {}, null],
  ['less than nothing', { 'retry-after': '-5' }, null],
  ['what nobody understands', { 'retry-after': 'soon' }, null],
  ['a day without a date', { 'retry-after': 'Sunday' }, null],
])('Retry-After: %s', (_, headers, expected) => {
  expect(retryAfterMs(new Headers(headers), NOW_MS)).toBe(expected)
})
