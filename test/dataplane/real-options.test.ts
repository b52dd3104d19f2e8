import { describe, expect, it } from 'vitest'
import { get } from '../support/http-clients.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { putAll } from '../support/option-routes.ts'
import { privateAddress } from '../support/private-address.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'

const url = process.env.REAL_DATAPLANE_URL

describe.skipIf(!url)('options through the real data plane (needs REAL_DATAPLANE_URL)', () => {
  it('keeps every line of theirs, so that nothing has to be put right', { timeout: 180_000 }, async ({ skip }) => {
    const address = privateAddress() ?? skip('only root may give this machine the private address that it needs')
    const front = await startRoutedFront({ DATAPLANE_URL: url ?? '', TARGET_POLICY: 'private' })
    const { agent, admin, ports, hostOf } = front
    const [one, two] = [await startNamedTarget('one', address), await startNamedTarget('two', address)]
    const servers = [{ url: two.url, weight: 50 }]
    const weird = `%[src] "q" 'a' #no \\1 $HOME {x} ;|& 100%`
    const users = [
      { user: 'anna', password: 'a long password' },
      { user: 'ben', password: 'another one' },
    ]
    const all: [subdomain: string, options: object][] = [
      ['strip', { pathPrefix: '/a.b/c', stripPrefix: true }],
      ['sticky', { servers, sticky: true, redirectToHttps: true }],
      ['cookie', { servers, sticky: { cookie: 'MINE' }, balance: 'leastconn' }],
      ['source', { servers, balance: 'source', check: { path: '/h?a=b', expectStatus: 200 } }],
      ['backup', { servers: [{ url: two.url, backup: true }], balance: 'random' }],
      [
        'times',
        { timeouts: { connectSeconds: 2, responseSeconds: 90, tunnelSeconds: 86_400 }, hostHeader: 'x.test:1' },
      ],
      ['headers', { requestHeaders: { 'X-A': weird, Cookie: null }, responseHeaders: { 'X-B': weird, Server: null } }],
      ['rate', { rateLimit: { requests: 3, seconds: 60 } }],
      ['rates', { rateLimit: { requests: 3, seconds: 3_600, by: 'route' } }],
      ['inside', { basicAuth: { users, realm: 'Staging (1), x' }, maxConcurrent: 3 }],
      ['networks', { allowFrom: Array.from({ length: 100 }, (_, i) => `2001:db8:${i}::/48`) }],
      ['off', { maintenance: { message: `Back "soon" & 100% é€😀 ;|`, retryAfterSeconds: 9 } }],
    ]
    await putAll(
      front,
      all.map(([subdomain, options]) => ({ subdomain, targetUrl: one.url, options })),
    )
    const node = async () => ((await admin.get('/api/nodes')).body.nodes as Record<string, unknown>[])[0] ?? {}
    const reloads = await front.reloads()
    const before = await node()
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    expect(await node()).toMatchObject({ repairs: before.repairs, lastError: null, reachable: true })
    expect(before.repairs).toBe(0)
    expect(await front.reloads()).toBe(reloads)

    const ask = (subdomain: string, headers = {}, path = '/') =>
      get(ports.http, { host: hostOf(subdomain), headers, path })
    expect((await ask('strip', {}, '/a.b/c/d')).status).toBe(200)
    expect((await ask('sticky')).headers.location).toBe(`https://${hostOf('sticky')}:${ports.https}/`)
    expect((await ask('cookie')).headers['set-cookie']?.[0]).toMatch(/^MINE=/)
    expect((await ask('headers')).headers['x-b']).toBe(weird)
    expect((await ask('inside')).status).toBe(401)
    const authorization = `Basic ${btoa('ben:another one')}`
    expect((await ask('inside', { authorization })).status).toBe(200)
    expect((await ask('networks')).status).toBe(403)
    expect((await ask('off')).body).toContain('Back &#34;soon&#34; &#38; 100% é€😀 ;|')
    for (const status of [200, 200, 200, 429]) expect((await ask('rate')).status).toBe(status)
    expect((await ask('source')).status).toBe(200)

    // A weight reaches the worker of it without a reload, also beside a cookie.
    for (const [subdomain, options] of [
      ['cookie', { servers: [{ url: two.url, weight: 0 }], sticky: { cookie: 'MINE' }, balance: 'leastconn' }],
      [
        'source',
        { servers: [{ url: two.url, weight: 0 }], balance: 'source', check: { path: '/h?a=b', expectStatus: 200 } },
      ],
    ] as const) {
      await put(agent, subdomain, one.url, options)
      for (let i = 0; i < 6; i++) expect((await ask(subdomain)).body).toContain('one')
    }
    expect(await front.reloads()).toBe(reloads)
  })
})
