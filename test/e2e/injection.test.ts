import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { startNamedTarget } from '../support/named-targets.ts'
import { put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'

/** Each tries to end the place that it is meant for, or to be more than the one thing that it should be. */
const BREAKS = [
  ...[
    '\n',
    '\r\n',
    '\0',
    '\t',
    ' ',
    ';',
    '|',
    '#',
    '"',
    "'",
    '\\',
    '\\n',
    '%0a',
    '%00',
    '$\u007bPATH}',
    '$(id)',
    '`id`',
    '<<',
    '{',
    '}',
  ],
  ...[
    '\u2028',
    '\u00a0',
    '\uff0e',
    'é',
    '*',
    '?',
    '..',
    '/',
    '//',
    '@',
    ',',
    '=',
    '%[src]',
    '%{+Q}o',
    '!',
    '&',
    '<',
    '>',
    '~',
    '^',
  ],
]
const TAILS = [
  '\nbackend evil\n  server e 127.0.0.1:1',
  ' if TRUE',
  '; shutdown sessions server front_lane/http',
  '||b:other:1',
  '\nglobal\n  stats socket /tmp/evil level admin',
]
const HOSTILE = [
  ...BREAKS.flatMap((text) => [`a${text}b`, text, `${text}a`, `a${text}`]),
  ...TAILS.map((tail) => `a${tail}`),
]

it(`${HOSTILE.length * 8} hostile values change nothing else in the configuration, the maps or the worker`, async () => {
  const { routed, before } = await quietFront()
  for (const text of HOSTILE) await sendEverywhere(routed, text)
  await expectNothingElse(routed, before)
})

it('no string whatsoever does', { timeout: FULL ? 600_000 : 60_000 }, async () => {
  const { routed, before } = await quietFront()
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ maxLength: 80 }),
    fc.constantFrom(...HOSTILE),
  )
  await fc.assert(
    fc.asyncProperty(anything, (text) => sendEverywhere(routed, text)),
    { numRuns: FULL ? 2_000 : 40 },
  )
  await expectNothingElse(routed, before)
})

/** Into every field that may come near HAProxy. Some values are right in their place: those routes go again. */
async function sendEverywhere({ agent, register }: RoutedFront, text: string): Promise<void> {
  const target = 'http://127.0.0.1:9'
  const bodies: [path: string, body: object][] = [
    ['/api/proxy/http', { subdomain: text, targetUrl: target }],
    ['/api/proxy/http', { subdomain: 'tried', targetUrl: text }],
    ['/api/proxy/http', { subdomain: 'tried', targetUrl: `http://${text}` }],
    ['/api/proxy/http', { subdomain: 'tried', targetUrl: target, options: { pathPrefix: `/${text}` } }],
    ['/api/proxy/http', { subdomain: 'tried', targetUrl: target, options: { allowFrom: [text] } }],
    ['/api/proxy/http', { subdomain: 'tried', targetUrl: target, options: { check: { path: `/${text}` } } }],
    ['/api/proxy/mongodb', { name: text, targetHost: '127.0.0.1', targetPort: 9 }],
    ['/api/proxy/mongodb', { targetHost: text, targetPort: 9 }],
  ]
  for (const [path, body] of bodies) {
    const { status, body: answer } = await agent.post(path, body)
    expect(status, JSON.stringify([path, body, answer])).toBeLessThan(500)
    const { type, subdomain, name } = (answer.route ?? {}) as Record<string, string | null>
    if (status < 300)
      await agent.delete('/api/proxy', type === 'http' ? { type, subdomain } : { type, ...(name && { name }) })
  }
  await register(text).catch(() => undefined)
}

/** With one route that shall stay as it is. */
async function quietFront() {
  const routed = await startRoutedFront({ RECONCILE_INTERVAL_MS: '3600000' })
  const target = await startNamedTarget('target')
  await put(routed.agent, 'mine', target.url, {}, { waitSeconds: 20 })
  return { routed, before: await insideOf(routed) }
}

async function expectNothingElse(routed: RoutedFront, before: Awaited<ReturnType<typeof insideOf>>): Promise<void> {
  expect(await insideOf(routed)).toEqual(before)
  const tried = sectionsOf(routed).filter((section) => section.startsWith('backend b:'))
  for (const line of tried.flatMap((section) => section.trimEnd().split('\n'))) expect(line).toMatch(LINE_OF_A_BACKEND)
}

/** Backends that were tried and are not used any more may still be there for a while: only with lines such as these. */
const LINE_OF_A_BACKEND =
  /^(?:backend b:[a-z0-9-]+\.[0-9a-f]+:\d+ from front_base_(?:http|tcp)|\s+(?:mode (?:http|tcp)|balance \w+|option httpchk|http-check (?:send meth GET uri \/[\w/.~!*+,:=@?&-]* ver HTTP\/1\.1 hdr Host [a-z0-9.-]+|expect rstatus \S+)|http-request deny deny_status 403 unless \{ src [0-9a-f.:/ ]+ \}|tcp-request content reject unless \{ src [0-9a-f.:/ ]+ \}|server s\d+ [0-9a-f.:[\]]+:\d+ [\w .:-]+)|)$/

/** All but what the tried routes may have left behind. */
async function insideOf(routed: RoutedFront) {
  const { haproxy } = routed
  const maps = ['hosts.map', 'paths.map', 'split.map', 'sni.map', 'trusted.map']
  return {
    sections: sectionsOf(routed).filter((section) => !section.startsWith('backend b:') && !section.startsWith('#')),
    maps: await Promise.all(maps.map(async (name) => [name, [...(await haproxy.map(name))]])),
    proxies: (await haproxy.command('show backend'))
      .split('\n')
      .filter((name) => !name.startsWith('b:'))
      .sort(),
  }
}

const sectionsOf = ({ haproxy }: RoutedFront): string[] => readFileSync(haproxy.configPath(), 'utf8').split(/^(?=\w)/m)
