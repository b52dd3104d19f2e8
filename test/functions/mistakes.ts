import { ENROLLMENT_TOKEN } from '../harness.ts'
import { FORMS, READS } from './mistakes-in-form.ts'

/** A mistake that a tired person makes, and how it is told to them. */
export interface Mistake {
  name: string
  call: string
  body?: unknown
  /** As it is sent, where that is the mistake. */
  text?: string
  headers?: Record<string, string>
  /** Default: the administrator's. `null`: none. */
  token?: string | null
  status: number
  code: string
  says: RegExp
}

type Row = [name: string, body: unknown, says: RegExp, code?: string]

const HTTP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
const AGENT = { agentId: 'vps-2', agentKey: 'a-long-secret-of-its-own', targetIp: '203.0.113.7' }
const DATABASE = { agentId: 'vps-1' }
const REMOVAL = { agentId: 'vps-1', type: 'http', subdomain: 'shop' }

const rows = (call: string, all: Row[], status = 400): Mistake[] =>
  all.map(([name, body, says, code = 'INVALID_INPUT']) => ({ name, call, body, status, code, says }))

const target = (name: string, targetUrl: unknown, says: RegExp, code?: string): Row => [
  name,
  { ...HTTP, targetUrl },
  says,
  code,
]
const options = (name: string, given: unknown, says: RegExp): Row => [name, { ...HTTP, options: given }, says]

export const MISTAKES: Mistake[] = [
  ...rows('POST /api/proxy/http', [
    ['a typing error in a field', { ...HTTP, subdomian: 'shop' }, /unknown field "subdomian"/],
    ['another case of a field', { agentID: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7' }, /agentId/],
    ['snake case', { agent_id: 'vps-1', subdomain: 'shop', target_url: 'http://203.0.113.7' }, /agent_id/],
    ['no subdomain', { agentId: 'vps-1', targetUrl: 'http://203.0.113.7:3000' }, /subdomain: is missing/],
    ['no targetUrl', { agentId: 'vps-1', subdomain: 'shop' }, /targetUrl: is missing/],
    ['the option as a field', { ...HTTP, useTls: true }, /unknown field "useTls"/],
    ['a whole host as subdomain', { ...HTTP, subdomain: 'shop.apps.example.com' }, /subdomain: .*shop/],
    ['dots in the subdomain', { ...HTTP, subdomain: 'a.b' }, /subdomain: .*lower-case/],
    ['upper case in the subdomain', { ...HTTP, subdomain: 'Shop' }, /subdomain: .*lower-case/],
    ['an underscore in the subdomain', { ...HTTP, subdomain: 'my_shop' }, /subdomain: .*lower-case/],
    ['a space behind the subdomain', { ...HTTP, subdomain: 'shop ' }, /subdomain: .*lower-case/],
    ['an empty subdomain', { ...HTTP, subdomain: '' }, /subdomain: .*lower-case/],
    ['a number as subdomain', { ...HTTP, subdomain: 7 }, /subdomain: must be text/],
    ['null as subdomain', { ...HTTP, subdomain: null }, /subdomain: must be text/],
    ['a wildcard', { ...HTTP, subdomain: '*' }, /subdomain: .*lower-case/],
    ['a reserved subdomain', { ...HTTP, subdomain: 'admin' }, /subdomain: is reserved/],
    ['a hyphen at the end', { ...HTTP, subdomain: 'shop-' }, /subdomain: .*lower-case/],
    ['an umlaut', { ...HTTP, subdomain: 'läden' }, /subdomain: .*lower-case/],
    ['a subdomain that is too long', { ...HTTP, subdomain: 'a'.repeat(64) }, /at most 63 characters/],
    target('one slash', 'http:/203.0.113.7:3000', /must be http:\/\/ or https:\/\//),
    target('no scheme', '203.0.113.7:3000', /must be http:\/\/ or https:\/\//),
    target('a path', 'http://203.0.113.7:3000/app', /must not have a path/),
    target('a query', 'http://203.0.113.7:3000?x=1', /must not have a path/),
    target('a user', 'http://me:secret@203.0.113.7', /must not have a user/),
    target('a space', ' http://203.0.113.7', /must be http/),
    target('another scheme', 'tcp://203.0.113.7:3000', /must be http:\/\/ or https:\/\//),
    target('a WebSocket', 'ws://203.0.113.7:3000', /must be http:\/\/ or https:\/\//),
    target('a port that is too large', 'http://203.0.113.7:70000', /port from 1 to 65535/),
    target('port 0', 'http://203.0.113.7:0', /port from 1 to 65535/),
    target('a port without a number', 'http://203.0.113.7:', /must be http:\/\/ or https:\/\//),
    target('a port in words', 'http://203.0.113.7:http', /must be http:\/\/ or https:\/\//),
    target('an IPv6 address without brackets', 'http://2001:db8::7:3000', /must be http|\[/),
    target('an address that is none', 'http://203.0.113.300:3000', /IP address or a host name/),
    target('localhost', 'http://localhost:3000', /give the address that the front can reach/, 'TARGET_REFUSED'),
    target('this machine', 'http://127.0.0.1:3000', /give the address that the front can reach/, 'TARGET_REFUSED'),
    target('every address', 'http://0.0.0.0:3000', /no address that/, 'TARGET_REFUSED'),
    target('a private address', 'http://10.0.0.5:3000', /private network.*TARGET_POLICY/, 'TARGET_REFUSED'),
    target('a number as target', 3000, /targetUrl: must be text/),
    target('an object as target', { host: '203.0.113.7', port: 3000 }, /targetUrl: must be text/),
    options('options as text', 'useTls', /options: must be an object/),
    options('options as a list', [], /options: must be an object/),
    options('true as text', { useTls: 'true' }, /useTls: must be true or false/),
    options('1 for true', { useTls: 1 }, /useTls: must be true or false/),
    options('an unknown option', { loadBalance: 'roundrobin' }, /unknown field "loadBalance"/),
    options('another case of an option', { usetls: true }, /unknown field "usetls"/),
    options('an unknown balance', { balance: 'round-robin' }, /must be roundrobin, leastconn/),
    options('seconds as text', { check: { intervalSeconds: '5' } }, /check.*whole number|intervalSeconds/),
    options('a check without a slash', { check: { path: 'health' } }, /path/),
    options('half a second', { check: { intervalSeconds: 0.5 } }, /whole number/),
    options('a prefix without a slash', { pathPrefix: 'api' }, /must begin with a slash/),
    options('a prefix with a wildcard', { pathPrefix: '/api/*' }, /must be segments/),
    options('a prefix with two slashes', { pathPrefix: '/api//v1' }, /must be segments/),
    options('one address for a list', { allowFrom: '192.0.2.0/24' }, /allowFrom: must be a list/),
    options('a network that is none', { allowFrom: ['192.0.2.0/33'] }, /must be an address or a network/),
    options('a name for a network', { allowFrom: ['office.example.com'] }, /must be an address or a network/),
    options('an empty list of addresses', { allowFrom: [] }, /set maintenance/),
    options('servers as texts', { servers: ['http://203.0.113.8:3000'] }, /servers\[0\]: must be an object/),
    options(
      'host and port of a server',
      { servers: [{ host: '203.0.113.8', port: 3000 }] },
      /servers\[0\]\.url: is missing/,
    ),
    options('the same server twice', { servers: [{ url: 'http://203.0.113.7:3000' }] }, /is named twice/),
    options('a weight that is too large', { servers: [{ url: 'http://203.0.113.8', weight: 1000 }] }, /at most 256/),
    options('verifying an address', { useTls: true, tlsVerify: 'system' }, /needs a name to verify/),
    options('verifying without TLS', { tlsVerify: 'system' }, /needs TLS/),
    options('HTTP/2 without TLS', { protocol: 'h2' }, /"h2c"/),
    options('an unknown protocol', { protocol: 'http2' }, /must be http1, h2, h2c or auto/),
    options('a header with a colon', { requestHeaders: { 'X-A:': 'b' } }, /letters, digits/),
    options('a header as a list', { requestHeaders: ['X-A: b'] }, /must be an object/),
    options('the Host header', { requestHeaders: { Host: 'x.example' } }, /is set by hostHeader/),
    options('a number as a header', { requestHeaders: { 'X-A': 1 } }, /must be text/),
    options('a rate as a number', { rateLimit: 100 }, /rateLimit: must be an object/),
    options('a rate without its time', { rateLimit: { requests: 100 } }, /seconds: is missing/),
    options('a short password', { basicAuth: { users: [{ user: 'anna', password: 'short' }] } }, /at least 8/),
    options('a user with a colon', { basicAuth: { users: [{ user: 'a:b', password: 'long enough' }] } }, /colon/),
    options('no users', { basicAuth: {} }, /users: is missing/),
  ]),
  ...rows('POST /api/proxy/mongodb', [
    ['a port as text', { ...DATABASE, targetPort: '27017' }, /targetPort: must be a whole number/],
    ['a port that is none', { ...DATABASE, targetPort: 70_000 }, /port to 65535/],
    ['a URL as host', { ...DATABASE, targetHost: 'mongodb://203.0.113.7' }, /must be an IP address or a host name/],
    ['host and port in one', { ...DATABASE, targetHost: '203.0.113.7:27017' }, /must be an IP address or a host name/],
    ['a targetUrl', { ...DATABASE, targetUrl: 'http://203.0.113.7' }, /unknown field "targetUrl"/],
    ['another subdomain', { ...DATABASE, subdomain: 'orders-db', name: 'orders' }, /subdomain must be the agentId/],
    ['an underscore in the name', { ...DATABASE, name: 'my_db' }, /name: .*lower-case/],
    ['an option of web apps', { ...DATABASE, options: { sticky: true } }, /unknown field "sticky"/],
    ['a check over HTTP', { ...DATABASE, options: { check: { path: '/' } } }, /check: must be true or false/],
    ['the agent in upper case', { agentId: 'VPS-1' }, /agentId: .*lower-case/],
  ]),
  ...rows('DELETE /api/proxy', [
    ['an unknown type', { ...REMOVAL, type: 'https' }, /type: must be http or mongodb/],
    ['the type in upper case', { ...REMOVAL, type: 'HTTP' }, /type: must be http or mongodb/],
    ['no type', { agentId: 'vps-1', subdomain: 'shop' }, /type: must be http or mongodb|type: is missing/],
    ['a domain for a subdomain', { ...REMOVAL, subdomain: 'shop.apps.example.com' }, /subdomain: .*lower-case/],
    ['a field called domain', { agentId: 'vps-1', type: 'http', domain: 'shop' }, /unknown field "domain"/],
    ['no subdomain', { agentId: 'vps-1', type: 'http' }, /subdomain/],
    ['a name for a web app', { agentId: 'vps-1', type: 'http', name: 'shop' }, /Only databases have a name|subdomain/],
  ]),
  ...rows(
    'DELETE /api/proxy',
    [
      ['a route that there is not', { ...REMOVAL, subdomain: 'shpo' }, /no http route shpo/, 'ROUTE_NOT_FOUND'],
      ['an agent that there is not', { ...REMOVAL, agentId: 'vps-9' }, /no agent vps-9/, 'AGENT_NOT_FOUND'],
      ['a prefix that there is not', { ...REMOVAL, pathPrefix: '/x' }, /no http route shop/, 'ROUTE_NOT_FOUND'],
    ],
    404,
  ),
  ...rows('POST /api/agents/register', [
    ['the agent in upper case', { ...AGENT, agentId: 'VPS-2' }, /agentId: .*lower-case/],
    ['an underscore', { ...AGENT, agentId: 'vps_2' }, /agentId: .*lower-case/],
    ['a whole host name', { ...AGENT, agentId: 'vps-2.example.com' }, /agentId: .*lower-case/],
    ['a reserved name', { ...AGENT, agentId: 'api' }, /is reserved: choose another/],
    ['a short key', { ...AGENT, agentKey: 'secret' }, /at least 8 characters/],
    ['a key with a space', { ...AGENT, agentKey: 'my secret key' }, /without spaces/],
    ['no key', { agentId: 'vps-2', targetIp: '203.0.113.7' }, /agentKey: is missing/],
    ['a name for an address', { ...AGENT, targetIp: 'vps.example.com' }, /targetIp: must be an IP address/],
    ['a port in the address', { ...AGENT, targetIp: '203.0.113.7:80' }, /targetIp: must be an IP address/],
    ['a URL for an address', { ...AGENT, targetIp: 'http://203.0.113.7' }, /targetIp: must be an IP address/],
    ['a network for an address', { ...AGENT, targetIp: '203.0.113.0/24' }, /targetIp: must be an IP address/],
    ['a line break in the name', { ...AGENT, agentName: 'a\nb' }, /agentName: must not have control/],
    ['routes as an object', { ...AGENT, routes: { type: 'http' } }, /routes: must be a list/],
    ['a route without a type', { ...AGENT, routes: [{ subdomain: 'shop' }] }, /routes\[0\].*type/],
    [
      'one wrong route of two',
      {
        ...AGENT,
        routes: [
          { type: 'http', subdomain: 'a', targetUrl: 'http://203.0.113.7' },
          { type: 'http', subdomain: 'b', targetUrl: 'http:/203.0.113.7' },
        ],
      },
      /routes\[1\]\.targetUrl: must be http/,
    ],
  ]),
  ...rows(
    'POST /api/agents/register',
    [
      [
        'another key for a name that is taken',
        { ...AGENT, agentId: 'vps-1', agentKey: 'another-secret' },
        /agent vps-1 already, and this/,
        'AGENT_EXISTS',
      ],
    ],
    409,
  ).map((mistake) => ({ ...mistake, token: ENROLLMENT_TOKEN })),
  ...rows(
    'POST /api/agents/register',
    [
      ['no enrolment token', AGENT, /An enrolment token is needed: send it as/, 'UNAUTHORIZED'],
      ['a wrong one', { ...AGENT, enrollmentToken: 'enrollment-0' }, /not known, or no longer valid/, 'UNAUTHORIZED'],
    ],
    401,
  ).map((mistake) => ({ ...mistake, token: null })),
  ...rows(
    'POST /api/agents/authenticate',
    [
      [
        'a wrong key',
        { agentId: 'vps-1', agentKey: 'not-its-key' },
        /no such agent, or this is not its key/,
        'INVALID_CREDENTIALS',
      ],
      [
        'an unknown agent',
        { agentId: 'vps-8', agentKey: 'not-its-key' },
        /no such agent, or this/,
        'INVALID_CREDENTIALS',
      ],
    ],
    401,
  ),
  ...rows('POST /api/agents/authenticate', [
    ['the names of another API', { username: 'vps-1', password: 'x' }, /agentId: is missing.*agentKey: is missing/],
    ['nothing', {}, /agentId: is missing/],
  ]),
  ...rows('PATCH /api/agents/vps-1', [
    ['nothing to change', {}, /Nothing to change: send agentName, targetIp or suspended/],
    ['true as text', { suspended: 'true' }, /suspended: must be true or false/],
    ['the name of a column', { name: 'Shop' }, /unknown field "name"/],
  ]),
  ...rows('POST /api/agents/VPS-1/revoke', [['the agent in upper case', {}, /path\.agentId: .*lower-case/]]),
  ...rows(
    'POST /api/agents/vps-7/revoke',
    [['an agent that there is not', {}, /no agent vps-7/, 'AGENT_NOT_FOUND']],
    404,
  ),
  ...rows('POST /api/tokens', [
    ['an unknown kind', { kind: 'readonly' }, /must be one of admin, read-only, metrics, enrollment/],
    ['a name of two halves', { kind: 'enrolment' }, /must be one of .*enrollment/],
    ['uses of an administrator', { kind: 'admin', uses: 1 }, /for enrolment tokens alone/],
    ['a time in words', { kind: 'admin', expiresInSeconds: '1d' }, /expiresInSeconds: must be a/],
    ['a second', { kind: 'admin', expiresInSeconds: 1 }, /at least 60/],
    ['a regular expression', { kind: 'enrollment', namePattern: 'shop-.*' }, /letters, digits, hyphens and \*/],
  ]),
  ...rows('DELETE /api/tokens/admin', [['a kind for an id', {}, /must be the id of a token/]]),
  ...rows(
    'DELETE /api/tokens/000000000000000000000000',
    [['an id that there is not', {}, /no token 0/, 'TOKEN_NOT_FOUND']],
    404,
  ),
  ...rows('PUT /api/certificates/edge/shop', [
    ['no PEM', { pem: 'shop.crt' }, /no certificate in the PEM/],
    ['a file name', { certificate: 'shop.crt' }, /pem: is missing.*unknown field "certificate"/],
    ['a name as text', { pem: 'x', names: 'shop.example' }, /names: must be a list/],
  ]),
  ...rows('POST /api/certificates/agents/vps-1/csr', [['no CSR', { csr: 'hello' }, /not one certificate request/]]),
  ...rows('POST /api/certificates/agents/vps-1/revoke', [
    ['a reason of one’s own', { reason: 'lost' }, /reason: must be .*keyCompromise/],
  ]),
  ...rows('POST /api/proxy/bulk', [
    ['a list', [HTTP], /body: must be an object/],
    ['nothing', {}, /Nothing to do: send upsert or remove/],
    ['another word', { create: [HTTP] }, /unknown field "create"/],
    ['an entry without a type', { upsert: [HTTP] }, /upsert\[0\].*type/],
    [
      'an entry without an owner',
      { upsert: [{ type: 'http', subdomain: 'a', targetUrl: 'http://203.0.113.7' }] },
      /agentId/,
    ],
  ]),
  ...rows('POST /api/export', [
    ['no passphrase', {}, /passphrase: is missing/],
    ['a short passphrase', { passphrase: 'secret' }, /five random words/],
  ]),
  ...rows('PUT /api/nodes/frankfurt', [
    ['no scheme', { url: 'haproxy.example.com:5555' }, /url/],
    ['plain HTTP over the internet', { url: 'http://admin:secret@203.0.113.7:5555' }, /https/],
  ]),
  ...READS,
  ...FORMS,
]
