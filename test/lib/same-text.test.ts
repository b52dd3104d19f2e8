import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sameText } from '../../shared/lib/same-text.ts'

it('agrees with ===', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), (a, b) => sameText(a, b) === (a === b)),
  )
  expect(sameText('the same', 'the same')).toBe(true)
  expect(sameText('the same', 'the samf')).toBe(false)
  expect(sameText('the same', 'the same ')).toBe(false)
})
