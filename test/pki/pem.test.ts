import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../shared/errors.ts'
import { fromPem, toPem } from '../../shared/pki/index.ts'
import { MAX_PEM_BLOCKS, MAX_PEM_LENGTH } from '../../shared/pki/pem.ts'

const block = (label = 'CERTIFICATE', body = 'AAEC') => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
const parsed = { label: 'CERTIFICATE', der: Uint8Array.of(0, 1, 2) }

describe('fromPem', () => {
  it.each([
    ['nothing', '', []],
    ['only text', 'hello\nworld\n', []],
    ['one block', block(), [parsed]],
    ['no line break at the end', block().trimEnd(), [parsed]],
    ['CRLF', block().replaceAll('\n', '\r\n'), [parsed]],
    ['bare CR', block().replaceAll('\n', '\r'), [parsed]],
    ['a byte order mark', `\ufeff${block()}`, [parsed]],
    ['text around and between', `subject=x\n${block()}---\n ---------\nissuer=y\n${block()}`, [parsed, parsed]],
    ['indentation and empty lines', `  ${block().replaceAll('\n', '  \n\n  ')}`, [parsed]],
    ['lines of any length', block('CERTIFICATE', 'A\nA\nE\nC'), [parsed]],
    ['any label', block('X509 CRL'), [{ ...parsed, label: 'X509 CRL' }]],
  ])('reads %s', (_, text, expected) => expect(fromPem(text)).toEqual(expected))

  it.each([
    ['no end', '-----BEGIN CERTIFICATE-----\nAAEC\n', 'no end'],
    ['no beginning', 'AAEC\n-----END CERTIFICATE-----\n', 'neither the beginning nor the end'],
    ['another label at the end', block().replace('END CERTIFICATE', 'END PRIVATE KEY'), 'does not end with the label'],
    ['a block in a block', `-----BEGIN CERTIFICATE-----\n${block()}`, 'does not end with the label'],
    ['four dashes', block().replace('CERTIFICATE-----', 'CERTIFICATE----'), 'neither the beginning nor the end'],
    ['a label of small letters', block('certificate'), 'neither the beginning nor the end'],
    ['an endless label', block('A'.repeat(1_000)), 'neither the beginning nor the end'],
    ['no content', block('CERTIFICATE', ''), 'not base64'],
    ['half a group of base64', block('CERTIFICATE', 'AAE'), 'not base64'],
    ['padding in the middle', block('CERTIFICATE', 'AA==AAEC'), 'not base64'],
    ['the alphabet of URLs', block('CERTIFICATE', 'A-_C'), 'not base64'],
    ['spaces within a line', block('CERTIFICATE', 'AA EC'), 'not base64'],
    ['a null character', block('CERTIFICATE', 'AA\u0000C'), 'not base64'],
    ['headers', block('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED\n\nAAEC'), 'passphrase'],
    ['too many blocks', block().repeat(MAX_PEM_BLOCKS + 1), 'blocks'],
    ['too long a text', `${block()}${' '.repeat(MAX_PEM_LENGTH)}`, 'longer than'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => fromPem(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(reason) }),
    )
  })

  it('reads back whatever toPem wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), (der) => {
        expect(fromPem(toPem('X509 CRL', der))).toEqual([{ label: 'X509 CRL', der }])
      }),
    )
  })

  it('never throws anything but our error, and never repeats the text', () => {
    const piece = fc.constantFrom(
      '-----',
      'BEGIN ',
      'END ',
      'CERTIFICATE',
      'PRIVATE KEY',
      '\n',
      '\r\n',
      'c2VjcmV0',
      ':',
      '=',
    )
    const hostile = fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          fromPem(text)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
          expect((error as AppError).message).not.toContain('c2VjcmV0')
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('comes to an end with what repeats, however long', () => {
    for (const piece of ['-----BEGIN CERTIFICATE-----\n', '-', 'A', '\n', '-----BEGIN ', ' ', '=']) {
      expect(() => fromPem(piece.repeat(MAX_PEM_LENGTH / piece.length))).not.toThrow(TypeError)
    }
  })
})

describe('toPem', () => {
  it('writes lines of 64 characters', () => {
    expect(toPem('PUBLIC KEY', new Uint8Array(97))).toBe(
      `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(64)}\n${'A'.repeat(64)}\nAA==\n-----END PUBLIC KEY-----\n`,
    )
  })
})
