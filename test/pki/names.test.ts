import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { toHex } from '../../shared/pki/bytes.ts'
import { ipBytes } from '../../shared/pki/ip.ts'
import { covers, isDnsName, isWithin } from '../../shared/pki/names.ts'

describe('isDnsName', () => {
  test.each([
    ['a', true],
    ['a.b-c.d1', true],
    ['*.a.b', true],
    ['1.2.3.4', true],
    [`${'a'.repeat(63)}.b`, true],
    [`${'a'.repeat(64)}.b`, false],
    [`${'a.'.repeat(126)}a`, true],
    [`${'a.'.repeat(127)}a`, false],
    ['', false],
    ['.', false],
    ['a.', false],
    ['.a', false],
    ['a..b', false],
    ['*', false],
    ['*.', false],
    ['**.a', false],
    ['a.*.b', false],
    ['*a.b', false],
    ['-a.b', false],
    ['a-.b', false],
    ['A.b', false],
    ['a_b.c', false],
    ['a b', false],
    ['a\n', false],
    ['bücher.test', false],
  ])('%j: %s', (name, expected) => expect(isDnsName(name)).toBe(expected))
})

describe('covers', () => {
  test.each([
    ['a.b', 'a.b', true],
    ['A.b', 'a.B', true],
    ['a.b', 'b.b', false],
    ['*.b.c', 'a.b.c', true],
    ['*.b.c', 'x.a.b.c', false],
    ['*.b.c', 'b.c', false],
    ['*.b.c', '.b.c', false],
    ['*.b.c', '*.b.c', true],
    ['*.b.c', '*.a.b.c', false],
    ['*.c', '*.b.c', false],
    ['a.b.c', '*.b.c', false],
    ['*.b.c', 'a.xb.c', false],
    ['*', 'a', false],
  ])('%s for %s: %s', (pattern, wanted, expected) => expect(covers(pattern, wanted)).toBe(expected))
})

describe('isWithin', () => {
  test.each([
    ['a.b', 'a.b', true],
    ['x.a.b', 'a.b', true],
    ['*.a.b', 'a.b', true],
    ['xa.b', 'a.b', false],
    ['b', 'a.b', false],
  ])('%s in %s: %s', (name, domain, expected) => expect(isWithin(name, domain)).toBe(expected))
})

describe('ipBytes', () => {
  test.each([
    ['192.0.2.1', 'c0000201'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:DB8::a:0:1', '20010db8000000000000000a00000001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])('%s', (text, hex) => expect(toHex(ipBytes(text) ?? new Uint8Array())).toBe(hex))

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4/8',
    ':',
    ':::',
    '1::2::3',
    '::g',
    '[::1]',
  ])('refuses %j', (text) => expect(ipBytes(text)).toBeNull())

  it('takes what Node takes for an address, save for zones, and nothing else', () => {
    const parts = fc.constantFrom(
      '0',
      '1',
      '01',
      '255',
      '256',
      '2001',
      'ffff',
      'g',
      ':',
      '::',
      '.',
      '/',
      ']',
      '%',
      ' ',
      '@',
    )
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(parts, { maxLength: 20 }).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(text, (ip) => {
        const length = isIPv4(ip) ? 4 : isIPv6(ip) && !ip.includes('%') ? 16 : undefined
        expect(ipBytes(ip)?.length).toBe(length)
      }),
      { numRuns: 3_000 },
    )
  })
})
