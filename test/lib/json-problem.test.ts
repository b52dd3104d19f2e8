import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findProblem } from '../../shared/lib/json-problem.ts'

it.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":{"b":1,"c":2,"b":3}}', 'b'],
  ['[{"a":1},{"b":1,"b":1}]', 'b'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"a\\"b":1,"a\\"b":2}', 'a"b'],
  ['{"":1,"":2}', ''],
  ['{"x":[{"a":1}],"a":1,"x":2}', 'x'],
  ['{"a":{"a":{"a":1}},"b":["a","a"],"c":"{\\"a\\":1,\\"a\\":2}"}', null],
  ['["a","a"]', null],
  ['"a:a"', null],
  ['{}', null],
])('%s', (text, found) => {
  expect(findProblem(text)).toBe(found === null ? null : `says ${JSON.stringify(found)} twice`)
})

it('finds none in what came out of JSON.stringify', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => findProblem(JSON.stringify(value)) === null))
})

it('finds any that is put in', () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), { selector: ([name]) => name, minLength: 1 })
  fc.assert(
    fc.property(pairs, fc.nat(), (entries, i) => {
      const [name] = entries[i % entries.length] as [string, unknown]
      const members = [...entries, [name, 1]].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      return findProblem(`[{${members.join()}}]`) === `says ${JSON.stringify(name)} twice`
    }),
  )
})

it('refuses what is nested deeper than anybody needs', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  expect(findProblem(nested(64))).toBeNull()
  expect(findProblem(nested(65))).toBe('is nested deeper than 64 levels')
})
