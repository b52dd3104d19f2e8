import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDataPlaneUrl } from '../../shared/dataplane/data-plane-url.ts'
import { appendable, bytesOf, replacing } from '../../shared/dataplane/map-payload.ts'
import type { MapEntry } from '../../shared/dataplane/models.ts'
import { replaying } from './replay.ts'
import { failure } from './site.ts'

const SEPARATORS = [
  '',
  ' ',
  'a b',
  'a\tb',
  'a\nb',
  'a\rb',
  'a;b',
  'a\\b',
  'a"b',
  'a\0b',
  'a\u2028b',
  'a\u00a0b',
  '\u200b',
]

describe('nothing is sent', () => {
  it.each([...SEPARATORS, '#1', 'a,b', 'a=b', '*', '%2e', 'a&b', 'x'.repeat(3_000)])('for the key %j', async (key) => {
    const { dataPlane, asked } = replaying()
    await failure(dataPlane.setMapEntry('m', { key, value: 'v' }), 'refused')
    await failure(dataPlane.deleteMapEntry('m', key.length > 100 ? '' : key), 'refused')
    await failure(dataPlane.appendMapEntries('m', [{ key, value: 'v' }]), 'refused')
    await failure(dataPlane.replaceMap('m', [{ key, value: 'v' }]), 'refused')
    expect(asked).toEqual([])
  })

  it.each([...SEPARATORS, '<<', 'x'.repeat(3_000)])('for the value %j', async (value) => {
    const { dataPlane, asked } = replaying()
    await failure(dataPlane.setMapEntry('m', { key: 'k', value }), 'refused')
    await failure(dataPlane.appendMapEntries('m', [{ key: 'k', value }]), 'refused')
    await failure(dataPlane.replaceMap('m', [{ key: 'k', value }]), 'refused')
    expect(asked).toEqual([])
  })

  it.each(['', '../m', 'a/b', 'a b', 'a\n', 'm.txt', 'x'.repeat(300), '..', '%2e%2e'])(
    'for the name %j',
    async (name) => {
      const { dataPlane, asked } = replaying()
      await failure(dataPlane.mapEntries(name), 'refused')
      await failure(dataPlane.storeMap(name, 'a b\n'), 'refused')
      if (name !== 'm.txt') await failure(dataPlane.storeFile(name, 'a\n'), 'refused')
      if (name !== 'm.txt') await failure(dataPlane.storeCertificate(name, 'PEM'), 'refused')
      if (!/^m\.txt$|^\.\.$/.test(name)) await failure(dataPlane.servers(name), 'refused')
      expect(asked).toEqual([])
    },
  )

  it.each(['a\nserver evil 1.2.3.4', 'a\r', 'a\0', 'a\u0085b'])(
    'for a server or a backend with %j in it',
    async (text) => {
      const { dataPlane, asked } = replaying('version')
      const server = { name: 's', address: text, port: 1 }
      await failure(dataPlane.setRuntimeServer('b', 's', { address: text }), 'refused')
      await failure(dataPlane.replaceServer('b', server), 'refused')
      expect(asked).toEqual([])

      const within = replaying('version', 'tx-start', 'rtmap-clear')
      const backend = { name: 'b', mode: 'http' as const, servers: { s: server } }
      await failure(
        within.dataPlane.transaction((tx) => tx.createBackend(backend)),
        'refused',
      )
      expect(within.asked.map(({ line }) => line.split(/[ /?]/).slice(0, 3).join(' '))).toEqual([
        'GET  configuration',
        'POST  transactions',
        'DELETE  transactions',
      ])
    },
  )
})

describe('a bulk write, as the API takes it apart', () => {
  const entry = fc.record({
    key: fc.nat(1_200).map((n) => 'k'.repeat(n + 1)),
    value: fc.nat(1_200).map((n) => 'v'.repeat(n + 1)),
  })

  it('replaces a map by exactly these entries', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 60 }), (entries) => {
        const sent = replacing(entries)
        expect(sent === null).toBe(bytesOf(entries) <= 8_192)
        const lines = entries.map(({ key, value }) => `${key} ${value}`)
        if (sent) expect(takenApart(sent)).toEqual({ replaces: true, lines })
      }),
    )
  })

  it('adds exactly these entries', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const parts = appendable(entries).map(takenApart)
        expect(parts.every(({ replaces }) => !replaces)).toBe(true)
        expect(parts.flatMap(({ lines }) => lines)).toEqual(entries.map(({ key, value }) => `${key} ${value}`))
      }),
    )
  })
})

describe('the URL of a node', () => {
  it.each([
    ['http://admin:p%40ss@10.0.0.5:5555', { url: 'http://10.0.0.5:5555', username: 'admin', password: 'p@ss' }],
    ['https://a:b@node.test/v3/', { url: 'https://node.test', username: 'a', password: 'b' }],
    ['https://a:b@node.test/behind/v3', { url: 'https://node.test/behind', username: 'a', password: 'b' }],
    [' http://node.test/ \n', { url: 'http://node.test', username: '', password: '' }],
  ])('%s is taken apart', (text, expected) => expect(parseDataPlaneUrl(text)).toEqual(expected))

  it.each([
    '',
    'node.test',
    'ftp://a:very-secret@b',
    'http://a:very-secret@b?x',
    'http://a:very-secret%@b',
    'http://a:very-secret@',
  ])('%s is refused without being repeated', (text) => {
    let message = ''
    try {
      parseDataPlaneUrl(text)
    } catch (error) {
      message = String(error)
    }
    expect(message).toMatch(/^TypeError/)
    expect(message).not.toContain('very-secret')
  })
})

/** The API's own way, with its faults: what is lost, what comes twice, and whether it replaces. */
function takenApart(entries: MapEntry[]): { replaces: boolean; lines: string[] } {
  const chunks: string[] = []
  let [data, current, previous, replaces] = ['', '', '', false]
  for (const { key, value } of entries) {
    data += previous
    previous = ''
    const line = `${key} ${value}\n`
    data += line
    if (data.length < 8_192) current = data
    else if (data.length === 8_192) {
      chunks.push(data)
      data = ''
    } else {
      replaces = true
      chunks.push(current || line)
      previous = line
      data = ''
      current = ''
    }
  }
  if (current) chunks.push(current)
  const sent = replaces ? chunks.join('') : (chunks[0] ?? '')
  return {
    replaces,
    lines: sent
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/ +/, ' ')),
  }
}
