import { describe, expect, it } from 'vitest'
import { concealing, createLog, type LogOptions } from '../../shared/log/log.ts'

const SECRETS = ['s3cr3t-value', 'aaaa.bbbb', 'MHcCAQEEIIr']

function lines(options: Partial<LogOptions> = {}) {
  const written: string[] = []
  return { written, log: createLog({ write: (line) => written.push(line), now: () => 0, ...options }) }
}

describe('secrets are taken out', () => {
  it.each<[string, string, Record<string, unknown>]>([
    [
      'of fields by their names',
      '',
      { agentKey: 's3cr3t-value', token: 's3cr3t-value', SECRET_KEY: 's3cr3t-value', password: 's3cr3t-value' },
    ],
    ['of nested fields', '', { request: { headers: [{ authorization: 's3cr3t-value' }] } }],
    ['of messages', 'refused Bearer s3cr3t-value', {}],
    ['of addresses', 'no answer from https://admin:s3cr3t-value@10.0.0.1:5555/v3', {}],
    ['of tokens in any text', '', { note: 'got eyJhbGciOi.aaaa.bbbb' }],
    ['of private keys', '', { pem: '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIr\n-----END EC PRIVATE KEY-----' }],
    ['of private keys that are cut off', '', { pem: '-----BEGIN PRIVATE KEY-----\nMHcCAQEEIIr' }],
    [
      'of errors and their causes',
      '',
      { error: new Error('Basic s3cr3t-value', { cause: new Error('https://u:s3cr3t-value@h') }) },
    ],
  ])('%s', (_, message, fields) => {
    for (const format of ['json', 'text'] as const) {
      const { log, written } = lines({ format })
      log.error(message, fields)
      for (const secret of SECRETS) expect(written.join()).not.toContain(secret)
    }
  })

  it.each([
    `line 8: providers.api.authorization.bearer names $\{NOBODY}, which the environment does not have`,
    'line 9: providers.api.authorization.bearer must be text, or an object with file',
    'a source takes a bearer token. Or basic authentication, with user and password',
    'HTTP basic or nothing',
  ])('of sentences their values alone: %s', (sentence) => {
    const { log, written } = lines()
    log.warn('It cannot be used', { why: sentence })
    expect(JSON.parse(written[0] ?? '').why).toBe(sentence)
  })

  it.each([
    ['Bearer abcdef', 'Bearer [redacted]'],
    ['authorization: bearer t0ken', 'authorization: bearer [redacted]'],
    ['bearer abcdefghijklmnopqrstuvwxyz', 'bearer [redacted]'],
    ['basic dXNlcjpwdw==', 'basic [redacted]'],
    ['bearer one.two', 'bearer [redacted]'],
  ])('also of short texts: %s', (text, shown) => {
    const { log, written } = lines()
    log.warn(text)
    expect(JSON.parse(written[0] ?? '').msg).toBe(shown)
  })

  it('whatever they look like, where somebody knows them', () => {
    const { log, written } = lines()
    const cause = new Error('tried it with plain word')
    concealing(log, ['plain word']).warn('plain word is wrong', {
      error: new Error('no', { cause }),
      list: ['plain word'],
    })
    expect(written[0]).not.toContain('plain word')
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ msg: '[redacted] is wrong', list: ['[redacted]'] })
  })

  it('whole, where one is a part of another', () => {
    const { log, written } = lines()
    concealing(log, ['word', 'word and more']).warn('tried word and more, then word')
    expect(JSON.parse(written[0] ?? '').msg).toBe('tried [redacted], then [redacted]')
  })

  it('and nothing else', () => {
    const { log, written } = lines()
    log.info('Added', {
      agentId: 'agent-1',
      keyId: 'k1',
      tokens: 3,
      host: 'shop.apps.example.com',
      count: 0,
      nothing: null,
    })
    expect(JSON.parse(written[0] ?? '')).toEqual({
      time: 0,
      level: 'info',
      msg: 'Added',
      agentId: 'agent-1',
      keyId: 'k1',
      tokens: 3,
      host: 'shop.apps.example.com',
      count: 0,
      nothing: null,
    })
  })
})

it('is one line, whatever a client puts into its path', () => {
  for (const format of ['json', 'text'] as const) {
    const { log, written } = lines({ format })
    log.access({
      time: 0,
      requestId: 'request-1',
      method: 'GET',
      path: '/a\n{"level":"error"}\u2028',
      status: 404,
      ms: 1,
    })
    log.warn('a\nb', { path: 'c\nd' })
    expect(written.map((line) => line.split('\n').length)).toEqual([2, 2])
  }
})

it('says nothing below its level', () => {
  const { log, written } = lines({ level: 'warn' })
  log.debug('a')
  log.info('b')
  log.access({ time: 0, requestId: 'request-1', method: 'GET', path: '/', status: 200, ms: 1 })
  log.warn('c')
  log.error('d')
  expect(written.map((line) => JSON.parse(line).msg)).toEqual(['c', 'd'])
})

it('survives what cannot be written as JSON', () => {
  const { log, written } = lines()
  const endless: Record<string, unknown> = { big: 10n }
  endless.self = endless
  log.error('odd', { endless })
  expect(written[0]).toContain('"big":"10"')
})

it('shows a person what is in an object by the names of both', () => {
  const { log, written } = lines({ format: 'text' })
  log.info('Settled', { node: 'local', ms: { transaction: 12, reload: 44 }, nothing: null })
  expect(written).toEqual(['00:00:00 info  Settled node=local ms.transaction=12 ms.reload=44 nothing=null\n'])
})
