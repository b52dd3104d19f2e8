import { describe, expect, it } from 'vitest'
import type { Route } from '../../shared/domain/route-record.ts'
import { entryValue, placeOf } from '../../shared/gateway/entries.ts'
import { httpRoute, mongodbRoute, target } from './routes.ts'

const named = target(443, { host: 'app.example.org', tls: true })

describe('what the maps say of a route', () => {
  const rows: [sentence: string, route: Route, standing: string[], value: string][] = [
    ['no check: the lane alone', httpRoute({ check: false }), [], 'http|192.0.2.7|8080|||vps-1.shop|'],
    ['a check: the lane until its backend stands', httpRoute(), [], 'http|192.0.2.7|8080||b:vps-1.shop:1|vps-1.shop|'],
    [
      'a word on HTTPS: two fields more',
      httpRoute({ check: false, redirectToHttps: true, hsts: 60 }),
      [],
      'http|192.0.2.7|8080|||vps-1.shop||always|60',
    ],
    [
      'no redirection: browsers are told nothing either',
      httpRoute({ check: false, maxConcurrent: 7, redirectToHttps: false }),
      [],
      'http|192.0.2.7|8080|||vps-1.shop|7|never|off',
    ],
    [
      'no redirection, but browsers are told',
      httpRoute({ check: false, redirectToHttps: false, hsts: true }),
      [],
      'http|192.0.2.7|8080|||vps-1.shop||never|',
    ],
    ['what is the default, in words', httpRoute({ check: false, hsts: true }), [], 'http|192.0.2.7|8080|||vps-1.shop|'],
    [
      'a word on HTTPS while it is off',
      httpRoute({ maintenance: { message: null, retryAfterSeconds: 9 }, hsts: false }),
      [],
      'off||9|||vps-1.shop|||off',
    ],
    [
      'TLS by name',
      httpRoute({ check: false, targets: [named] }),
      [],
      'https|192.0.2.7|443|app.example.org||vps-1.shop|',
    ],
    [
      'TLS by address: asked by no name',
      httpRoute({ check: false, targets: [target(443, { tls: true })] }),
      [],
      'tls|192.0.2.7|443|||vps-1.shop|',
    ],
    ['HTTP/2 without TLS', httpRoute({ check: false, protocol: 'h2c' }), [], 'h2c|192.0.2.7|8080|||vps-1.shop|'],
    [
      'HTTP/2 alone',
      httpRoute({ check: false, protocol: 'h2', targets: [named] }),
      [],
      'https-h2|192.0.2.7|443|app.example.org||vps-1.shop|',
    ],
    [
      'the agent, wherever it is: the lane verifies it',
      httpRoute({
        check: false,
        tlsVerify: 'front',
        agentName: 'vps-1.agents.example.com',
        targets: [target(443, { tls: true })],
      }),
      [],
      'agent|192.0.2.7|443|vps-1.agents.example.com||vps-1.shop|',
    ],
    [
      'TLS that is verified: nothing but its backend',
      httpRoute({ targets: [named], tlsVerify: 'system' }),
      [],
      'none||||b:vps-1.shop:1|vps-1.shop|',
    ],
    [
      'a restriction: nothing but its backend',
      httpRoute({ allowFrom: ['192.0.2.0/24'] }),
      [],
      'none||||b:vps-1.shop:1|vps-1.shop|',
    ],
    [
      'a changed restriction: the former one until the new one stands',
      httpRoute({ allowFrom: ['192.0.2.0/24'], generation: 7 }),
      ['b:vps-1.shop:2', 'b:vps-1.shop:5'],
      'none||||b:vps-1.shop:5|vps-1.shop|',
    ],
    [
      'and then the new one',
      httpRoute({ allowFrom: ['192.0.2.0/24'], generation: 7 }),
      ['b:vps-1.shop:5', 'b:vps-1.shop:7'],
      'none||||b:vps-1.shop:7|vps-1.shop|',
    ],
    [
      'never a newer one than what was accepted',
      httpRoute({ generation: 3 }),
      ['b:vps-1.shop:9'],
      'http|192.0.2.7|8080||b:vps-1.shop:3|vps-1.shop|',
    ],
    [
      'a restriction that was lifted',
      httpRoute({ check: false, generation: 7 }),
      ['b:vps-1.shop:5'],
      'http|192.0.2.7|8080|||vps-1.shop|',
    ],
    [
      'a backup is not what the lane takes',
      httpRoute({ targets: [target(1, { backup: true }), target(2)] }),
      [],
      'http|192.0.2.7|2||b:vps-1.shop:1|vps-1.shop|',
    ],
    [
      'a suspended agent',
      httpRoute({ suspended: true, allowFrom: ['192.0.2.0/24'] }),
      ['b:vps-1.shop:1'],
      'off|||||vps-1.shop|',
    ],
    ['MongoDB passed through', mongodbRoute(), [], 'pass|192.0.2.7|27017||b:vps-1.db:1|vps-1.db|'],
    [
      'MongoDB whose TLS ends here',
      mongodbRoute({ useTls: false, check: false }),
      [],
      'term|192.0.2.7|27017|||vps-1.db|',
    ],
    [
      'MongoDB through the agent: verified by the name of the database',
      mongodbRoute({ check: false, targets: [target(8444, { tls: true })] }),
      [],
      'pass|192.0.2.7|8444|vps-1.mongodb.example.com||vps-1.db|',
    ],
    [
      'MongoDB that is restricted: nothing but its backend',
      mongodbRoute({ allowFrom: ['192.0.2.0/24'] }),
      [],
      'none||||b:vps-1.db:1|vps-1.db|',
    ],
    [
      'MongoDB for some agents: HAProxy ends TLS, then nothing but its backend',
      mongodbRoute({ useTls: false, clients: ['vps-1'], check: false }),
      [],
      'term||||b:vps-1.db:1|vps-1.db|',
    ],
    [
      'IPv6',
      httpRoute({ check: false, targets: [target(80, { address: '2001:db8::1' })] }),
      [],
      'http|2001:db8::1|80|||vps-1.shop|',
    ],
  ]
  it.each(rows)('%s', (_, route, standing, value) => {
    expect(entryValue(route, () => standing)).toBe(value)
  })

  it('stands where HAProxy looks for it', () => {
    expect(placeOf(httpRoute())).toEqual({ map: 'hosts.map', key: 'shop.apps.example.com' })
    expect(placeOf(httpRoute({ pathPrefix: '/api/' }))).toEqual({ map: 'paths.map', key: 'shop.apps.example.com/api/' })
    expect(placeOf(mongodbRoute())).toEqual({ map: 'sni.map', key: 'vps-1.mongodb.example.com' })
  })
})
