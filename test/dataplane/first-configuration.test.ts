import { expect, test } from 'vitest'
import { safeMaxconn } from '../../haproxy/dataplane/first-configuration.ts'

for (const [name, descriptors, expected] of [
  ['a common limit', 20_000, 4_750],
  ['a small limit', 1024, 128],
  ['hardly any', 10, 10],
  ['no limit', Number.MAX_SAFE_INTEGER, 20_000],
] as const) {
  test(`connections for ${name}`, () => expect(safeMaxconn(descriptors)).toBe(expected))
}
