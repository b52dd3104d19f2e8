import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLog } from '../../shared/log/log.ts'
import { parseGatewayFile } from '../../shared/providers/gateway-file.ts'
import { providerKind } from '../../shared/providers/kind.ts'
import { createSimpleProvider } from '../../shared/providers/simple-provider.ts'

const opened: unknown[] = []
const log = createLog({ write: () => undefined })
const kinds = {
  rest: providerKind({
    options: z.strictObject({ url: z.url('must be a URL'), token: z.string().optional() }),
    open(options) {
      opened.push(options)
      return createSimpleProvider()
    },
  }),
}

const parse = (text: string, env: Record<string, string> = {}) => parseGatewayFile(text, { kinds, env, log })

/** What is said of a text that is wrong. */
function mistakes(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  throw new Error('nothing is wrong with it')
}

describe('gateway.yaml', () => {
  it('names backends of its own, and providers in their order', async () => {
    const { channelSize, providers } = parse(`
backends:
  - name: web
    servers: [{ name: srv1, address: 127.0.0.1, port: 3001 }]
providers:
  second: { kind: rest, url: https://b.example.com/ }
  first: { kind: rest, url: https://a.example.com/ }
`)
    expect(channelSize).toBe(100)
    expect(providers.map(({ name, kind }) => [name, kind])).toEqual([
      ['inline', 'inline'],
      ['second', 'rest'],
      ['first', 'rest'],
    ])
    expect(await providers[0]?.open().getBackend('web')).toMatchObject({ servers: [{ port: 3_001 }] })
  })

  it('may be JSON', () => {
    expect(
      parse('{"channelSize": 5, "providers": {"a": {"kind": "rest", "url": "https://x.example.com"}}}'),
    ).toMatchObject({
      channelSize: 5,
      providers: [{ name: 'a' }],
    })
  })

  it.each([
    ['only remarks', '# nothing yet\n'],
    ['no backends', 'backends: []\n'],
    ['names without values', 'backends:\nproviders:\n'],
  ])('may have %s', (_, text) => {
    expect(parse(text).providers).toEqual([])
  })

  it('tells what is as before from what is not', () => {
    const printOf = (text: string) => parse(text).providers[0]?.print
    const text = 'providers: { a: { kind: rest, url: "https://x.example.com", token: one } }'
    expect(printOf(`# a remark\n${text}`)).toBe(printOf(text))
    expect(printOf(text.replace('one', 'two'))).not.toBe(printOf(text))
  })

  it('takes secrets from the environment, and knows that they are some', () => {
    const text = `providers: { a: { kind: rest, url: "https://\${HOST}/", token: "$\${HOST} \${TOKEN}" } }`
    const [provider] = parse(text, { HOST: 'x.example.com', TOKEN: 'a-secret' }).providers
    provider?.open()
    expect(opened.at(-1)).toEqual({ url: 'https://x.example.com/', token: `\${HOST} a-secret` })
    expect(provider?.secrets).toEqual(['x.example.com', 'a-secret'])
  })

  it('has each mistake named, with its line', () => {
    expect(
      mistakes(`
backends:
  - name: web
    colour: red
    servers:
      - { name: srv1, address: 127.0.0.1, port: 70000 }
  - name: web
    servers: []
providers:
  Upper: { kind: rest }
  inline: { kind: rest, url: https://x.example.com }
  a:
    kind: magic
  b:
    kind: rest
    url: \${NOBODY}
  c: { url: x }
more: 1
`),
    ).toEqual([
      'line 4: backends[0] unknown field "colour"',
      expect.stringMatching(/^line 6: backends\[0\]\.servers\[0\]\.port must be /),
      'line 7: backends[1].name is the name of another backend above',
      expect.stringMatching(/^line 10: providers\.Upper must be a name of lower-case letters/),
      'line 10: providers.Upper.url must be a URL',
      'line 11: providers.inline must not be api or inline: these are there already',
      'line 13: providers.a.kind must be one of rest',
      `line 16: providers.b.url names \${NOBODY}, which the environment does not have`,
      'line 17: providers.c.kind is missing',
      'line 18: unknown field "more"',
    ])
  })

  it.each([
    [
      'a name twice',
      'backends:\n  - { name: a, servers: [] }\n  - { name: a, servers: [] }\n',
      'line 3: backends[1].name is the name of another backend above',
    ],
    ['an unknown kind', 'providers:\n  a:\n    kind: magic\n', 'line 3: providers.a.kind must be one of rest'],
    ['options of its kind', 'providers:\n  a:\n    kind: rest\n    url: x\n', 'line 4: providers.a.url must be a URL'],
    ['no options', 'providers:\n  a:\n    kind: rest\n', 'line 2: providers.a.url must be a URL'],
    ['nothing in it', '  \n', 'It is empty: where there is no backend, write "backends: []"'],
    ['a list', '- a\n', 'line 1: must be an object: {…}'],
    ['a key twice', 'backends: []\nbackends: []\n', 'line 2: Map keys must be unique'],
    ['a bracket too few', 'backends: [\n', expect.stringMatching(/^line 2: Flow sequence in block collection/)],
  ])('is refused with %s', (_, text, sentence) => {
    expect(mistakes(text)).toEqual([sentence])
  })

  it('does not grow out of a few lines', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++)
      bomb.push(`${'abcdefghi'[i]}: &${'abcdefghi'[i]} [${Array(10).fill(`*${'abcdefghi'[i - 1]}`)}]`)
    expect(mistakes(bomb.join('\n'))).toEqual(['line 5: *d makes it more than 100000 values that are repeated'])
  })

  it.each([
    ['a list in itself', 'a: 1\nbackends: &all\n  - *all\n', 'line 3: *all stands inside of what it repeats'],
    ['an object in itself', 'a: &a { b: { c: *a } }\n', 'line 1: *a stands inside of what it repeats'],
    ['a name in itself', '%YAML 1.1\n---\na: &a\n  <<: *a\n', 'line 4: *a stands inside of what it repeats'],
    ['what comes later', 'a: *b\nb: &b 1\n', 'line 1: *b names nothing that stands above'],
    [
      'lists in lists',
      `backends:\n  ${'['.repeat(200)}${']'.repeat(200)}\n`,
      'line 2: it is nested more than 100 deep',
    ],
  ])('does not go on for ever: %s', (_, text, sentence) => {
    expect(mistakes(text)).toEqual([sentence])
  })

  it('may say the same thing many times, in little time', { timeout: 5_000 }, () => {
    const server = (i: number) => `{ <<: *all, name: s${i} }`
    const merged = `%YAML 1.1\n---\nbackends:\n- name: a\n  servers: [&all { address: 10.0.0.1, port: 80, name: s }`
    expect(parse(`${merged}, ${Array.from({ length: 400 }, (_, i) => server(i))}]`).providers).toHaveLength(1)
    expect(mistakes(`a: &a 1\nb: [${Array(20_000).fill('*a')}]`)).toEqual(['line 1: unknown field "a", "b"'])
  })
})
