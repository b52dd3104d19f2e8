import { describe, expect, it } from 'vitest'
import { createTargetPolicy, type TargetLevel } from '../../shared/targets/policy.ts'

const OWN = {
  ports: [3005, 8080],
  addresses: () => ['10.0.0.2', '198.51.100.1', '2001:db8::2'],
  services: [
    { host: '10.0.0.9', port: 5555 },
    { host: 'haproxy', port: 5555 },
    { host: '127.0.0.1', port: 2379 },
  ],
}
const policyOf = (level: TargetLevel) => createTargetPolicy({ level, own: OWN, domains: ['apps.example.com'] })

/** Allowed from which level on. */
const ADDRESSES: [address: string, from: TargetLevel | 'never'][] = [
  ['203.0.113.7', 'public'],
  ['8.8.8.8', 'public'],
  ['172.15.255.255', 'public'],
  ['172.32.0.0', 'public'],
  ['100.63.255.255', 'public'],
  ['223.255.255.255', 'public'],
  ['2600::1', 'public'],
  ['2001:db8::1', 'public'],
  ['64:ff9b::808:808', 'public'],
  ['::ffff:8.8.8.8', 'public'],
  ['10.1.2.3', 'private'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['198.19.0.1', 'private'],
  ['fd00::1', 'private'],
  ['::ffff:10.0.0.1', 'private'],
  ['64:ff9b::a00:1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.255.0.3', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['64:ff9b::7f00:1', 'loopback'],
  ['0.0.0.0', 'never'],
  ['0.1.2.3', 'never'],
  ['::', 'never'],
  ['::ffff:0:0', 'never'],
  ['169.254.169.254', 'never'],
  ['::ffff:169.254.169.254', 'never'],
  ['64:ff9b::a9fe:a9fe', 'never'],
  ['100.100.100.200', 'never'],
  ['168.63.129.16', 'never'],
  ['192.0.0.192', 'never'],
  ['192.88.99.1', 'never'],
  ['224.0.0.1', 'never'],
  ['239.255.255.255', 'never'],
  ['240.0.0.1', 'never'],
  ['255.255.255.255', 'never'],
  ['fe80::1', 'never'],
  ['fec0::1', 'never'],
  ['ff02::1', 'never'],
  ['fd00:ec2::254', 'never'],
  ['2002:7f00:1::', 'never'],
  ['2001:0:1::1', 'never'],
  ['::7f00:1', 'never'],
  ['64:ff9b:1::7f00:1', 'never'],
  ['100::1', 'never'],
  ['not an address', 'never'],
  ['1.2.3', 'never'],
]
const LEVELS: TargetLevel[] = ['public', 'private', 'loopback']

describe('a policy', () => {
  it.each(ADDRESSES)('takes %s from the level %s on', (address, from) => {
    const first = from === 'never' ? LEVELS.length : LEVELS.indexOf(from)
    const taken = LEVELS.map((level) => policyOf(level).refusalOfAddress(address, 4000) === null)
    expect(taken).toEqual(LEVELS.map((_, i) => i >= first))
  })

  it.each([
    ['127.0.0.1', 3005],
    ['127.9.9.9', 8080],
    ['::1', 3005],
    ['10.0.0.2', 8080],
    ['198.51.100.1', 3005],
    ['2001:db8::2', 3005],
    ['::ffff:198.51.100.1', 3005],
    ['10.0.0.9', 5555],
    ['10.0.0.2', 2379],
    ['127.0.0.2', 2379],
  ])('never takes what is the front’s own: %s port %i', (address, port) => {
    expect(policyOf('loopback').refusalOfAddress(address, port)).toBe('is the front’s own')
  })

  it.each([
    ['127.0.0.1', 3006],
    ['10.0.0.9', 5556],
    ['10.0.0.8', 5555],
    ['203.0.113.7', 3005],
  ])('takes what is beside it: %s port %i', (address, port) => {
    expect(policyOf('loopback').refusalOfAddress(address, port)).toBeNull()
  })

  it('knows its services by name, and by what the name stands for', () => {
    const policy = policyOf('private')
    expect(policy.ownNames).toEqual(['haproxy'])
    expect([policy.refusalOfName('haproxy', 5555), policy.refusalOfName('haproxy', 80)]).toEqual([
      'is the front’s own',
      null,
    ])
    expect(policy.refusalOfAddress('10.0.0.77', 5555)).toBeNull()
    policy.know([{ host: 'haproxy', addresses: ['10.0.0.77'] }])
    expect(policy.refusalOfAddress('10.0.0.77', 5555)).toBe('is the front’s own')
  })

  it('takes no name that comes back here', () => {
    const policy = policyOf('public')
    for (const name of ['apps.example.com', 'a.apps.example.com', 'a.b.apps.example.com'])
      expect(policy.refusalOfName(name, 443)).toBe('is the front’s own')
    expect(policy.refusalOfName('xapps.example.com', 443)).toBeNull()
  })
})
