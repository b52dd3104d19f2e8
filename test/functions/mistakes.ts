import { ADMIN_TOKEN } from '../harness.ts'

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
    options('host and port of a server', { servers: [{ host: '203.0.113.8', port: 3000 }] }, /servers\[0\]\.url: is missing/),
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
]
void ADMIN_TOKEN
void AGENT
void DATABASE
void REMOVAL
