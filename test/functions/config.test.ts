import { expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../../functions/config.ts'

function mistakes(env: Record<string, string>): string[] {
  try {
    parseConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}

it('needs nothing', () => {
  expect(parseConfig({})).toMatchObject({
    PORT: 3005,
    HOST: '127.0.0.1',
    APPS_DOMAIN: 'apps.cloudlunacy.uk',
    MONGODB_DOMAIN: 'mongodb.cloudlunacy.uk',
    API_HOST: 'front.cloudlunacy.uk',
    RECONCILE_INTERVAL_MS: 5_000,
  })
})

it('takes what compose files set to nothing as not set', () => {
  expect(parseConfig({ PORT: '', KV: '' }).PORT).toBe(3005)
})

it('takes every variable', () => {
  expect(
    mistakes({
      PORT: '1',
      HOST: 'localhost',
      HTTP_PORT: '80',
      HTTPS_PORT: '443',
      MONGO_PORT: '27018',
      STATS_PORT: '9000',
      BIND: '::',
      DOMAIN: 'example.com',
      APPS_DOMAIN: 'apps.example.net',
      MONGODB_DOMAIN: 'db.example.com',
      API_HOST: 'api.example.com',
      DATA_DIR: '/var/lib/front',
      KV: 'etcd://10.0.0.1:2379,10.0.0.2:2379',
      DATAPLANE_URL: 'https://admin:pa%40ss@haproxy:5555, http://admin:x@10.0.0.2:5555',
      DATAPLANE_CA: '/etc/ca.pem',
      REGISTRATION: 'open',
      TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1,2001:db8::/32',
      DNS_RESOLVER: '9.9.9.9:53',
      GATEWAY_FILE: 'gateway.yaml',
      METRICS_TOKEN: 'a'.repeat(16),
      STATS_AUTH: 'admin:password',
      ADMIN_TOKEN: 'a'.repeat(16),
      ENROLLMENT_TOKEN: 'a'.repeat(16),
      SECRET_KEY: 'a'.repeat(32),
      KEEP_HAPROXY: 'true',
      RECONCILE_INTERVAL_MS: '1000',
      SETTLE_INTERVAL_MS: '100',
      JWT_TTL_SECONDS: '600',
      LOG_LEVEL: 'debug',
      TARGET_POLICY: 'public',
    }),
  ).toEqual([])
})

it.each([
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '8080 '],
  ['PORT', '0x50'],
  ['HOST', 'example.com'],
  ['BIND', '999.0.0.1'],
  ['DOMAIN', 'Example.com'],
  ['DOMAIN', 'localhost'],
  ['DOMAIN', '-a.com'],
  ['DOMAIN', 'a.com\nuse_backend x'],
  ['KV', 'mysql://x'],
  ['KV', 'sqlite:'],
  ['DATAPLANE_URL', 'https://haproxy:5555'],
  ['DATAPLANE_URL', 'ftp://a:b@haproxy'],
  ['DATAPLANE_URL', 'http://a:b@203.0.113.9:5555'],
  ['REGISTRATION', 'maybe'],
  ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ['DNS_RESOLVER', 'a b'],
  ['ACME', 'yes'],
  ['ACME', 'http://ca.example/directory'],
  ['ACME_EMAIL', 'nobody'],
  ['ACME_EAB_HMAC_KEY', 'not base64url!'],
  ['ACME_FOR', 'everything'],
  ['ACME_NAMES', '*.example.com'],
  ['ACME_DNS', 'route53'],
  ['ACME_DNS', 'rfc2136://a b'],
  ['ACME_DNS_SERVERS', 'ns.example.com'],
  ['METRICS_TOKEN', 'short'],
  ['ADMIN_TOKEN', 'with spaces in the middle'],
  ['SECRET_KEY', 'only-twenty-letters.'],
  ['STATS_AUTH', 'nopassword'],
  ['KEEP_HAPROXY', 'yes'],
  ['RECONCILE_INTERVAL_MS', '0'],
  ['JWT_TTL_SECONDS', '1e3'],
  ['LOG_LEVEL', 'trace'],
  ['TARGET_POLICY', 'all'],
])('%s=%j is refused by name, without repeating the value', (name, value) => {
  const [mistake = '', ...others] = mistakes({ [name]: value })
  expect(others).toEqual([])
  expect(mistake).toMatch(new RegExp(`^${name} \\S.*\\S$`, 's'))
  if (value.length > 8) expect(mistake).not.toContain(value)
})

it('names all mistakes at once', () => {
  expect(mistakes({ PORT: 'x', LOG_LEVEL: 'x', DOMAIN: 'x' }).map((mistake) => mistake.split(' ')[0])).toEqual([
    'PORT',
    'DOMAIN',
    'LOG_LEVEL',
  ])
})

it.each([
  [{ PORT: '8080' }, 'HTTP_PORT must differ from PORT: both are 8080'],
  [
    { APPS_DOMAIN: 'example.com', MONGODB_DOMAIN: 'mongodb.example.com' },
    'MONGODB_DOMAIN must not lie in APPS_DOMAIN: mongodb.example.com is in example.com',
  ],
  [
    { API_HOST: 'front.apps.cloudlunacy.uk' },
    'API_HOST must not lie in APPS_DOMAIN: front.apps.cloudlunacy.uk is in apps.cloudlunacy.uk',
  ],
  [
    { MONGODB_DOMAIN: 'apps.cloudlunacy.uk' },
    'APPS_DOMAIN must not lie in MONGODB_DOMAIN: apps.cloudlunacy.uk is in apps.cloudlunacy.uk',
  ],
])('%j clashes', (env, mistake) => {
  expect(mistakes(env as Record<string, string>)).toEqual([mistake])
})

it('takes the gateway from a file or from a variable, not from both', () => {
  expect(mistakes({ GATEWAY_YAML: 'backends: []', GATEWAY_FILE: './gateway.yaml' })).toEqual([
    'GATEWAY_YAML and GATEWAY_FILE are both set: keep one',
  ])
})

it('has no certificates of an ACME server by itself, and Let’s Encrypt’s by one word', () => {
  expect(parseConfig({})).toMatchObject({ ACME: null, ACME_FOR: ['apps', 'mongodb', 'api'], ACME_NAMES: [] })
  expect(parseConfig({ ACME: 'staging' }).ACME).toBe('https://acme-staging-v02.api.letsencrypt.org/directory')
  expect(parseConfig({ ACME: 'production' }).ACME).toBe('https://acme-v02.api.letsencrypt.org/directory')
  expect(mistakes({ ACME_EAB_KEY_ID: 'kid' })).toEqual([
    'ACME_EAB_KEY_ID and ACME_EAB_HMAC_KEY must both be set, or neither',
  ])
  expect(mistakes({ ACME_DNS: 'cloudflare' })).toEqual([
    'ACME_DNS_SECRET must be set with ACME_DNS: a token, a TSIG key, or what the webhook is signed with',
  ])
  expect(mistakes({ ACME_DNS: 'rfc2136://127.0.0.1:53', ACME_DNS_SECRET: 'only-a-word' })).toEqual([
    'ACME_DNS_SECRET must be a TSIG key: NAME:BASE64, or ALGORITHM:NAME:BASE64',
  ])
})
