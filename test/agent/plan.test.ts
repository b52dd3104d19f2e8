import { expect, it } from 'vitest'
import type { Route } from '../../agent/client/api.ts'
import { readSettings } from '../../agent/config/read.ts'
import { createMarks } from '../../agent/plan/marks.ts'
import { type MadeRoute, plan } from '../../agent/plan/plan.ts'
import { wantedRoutes } from '../../agent/plan/wanted.ts'

const HEAD = 'agent: vps-1\nfront: https://front.example.com\naddress: 203.0.113.7\n'
const marks = createMarks('the-key-of-the-agent')

const wanted = (rest: string) =>
  wantedRoutes(readSettings(HEAD + rest, { file: 'agent.yaml', environment: {} }), () => ({
    host: '127.0.0.1',
    port: 40_001,
    tls: false,
    protocol: 'http1',
  }))

/** As the front would tell of it. */
function there(subdomain: string, more: Partial<Extract<Route, { type: 'http' }>> = {}): Route {
  const times = { createdAt: '2030-01-01T00:00:00.000Z', updatedAt: '2030-01-01T00:00:00.000Z' }
  const known = { id: `vps-1.${subdomain}`, agentId: 'vps-1', domain: `${subdomain}.apps.example.com`, ...times }
  const asked = { targetUrl: 'https://203.0.113.7:8444', options: { through: 'agent' }, pathPrefix: null }
  return { type: 'http', subdomain, status: 'live', revision: 1, ...known, ...asked, ...more }
}

const [SHOP] = wanted('apps: [{ name: shop, target: 3000 }]')
if (!SHOP) throw new Error('the file has an app')

const madeOf = (route: Route): MadeRoute => ({
  type: 'http',
  label: 'shop',
  pathPrefix: null,
  asked: marks.ofAsked(SHOP),
  seen: marks.ofSeen(route),
})

it.each([
  ['not there', [], [], 'new'],
  ['there, by somebody else', [there('shop')], [], 'there already'],
  [
    'there, and it is not known what was asked',
    [there('shop')],
    [{ ...madeOf(there('shop')), asked: null }],
    'changed here',
  ],
  ['there, as it was left', [there('shop')], [madeOf(there('shop'))], null],
  ['there, with another status', [there('shop', { status: 'degraded', revision: 2 })], [madeOf(there('shop'))], null],
  [
    'there, changed by another hand',
    [there('shop', { targetUrl: 'http://203.0.113.9' })],
    [madeOf(there('shop'))],
    'changed there',
  ],
])('a route that is wanted and %s', (_, routes, made, why) => {
  const steps = plan({ wanted: [SHOP], there: routes, made }, marks)
  expect(steps).toEqual(why === null ? [] : [{ do: 'put', route: SHOP, why }])
})

it('of what is not wanted only the agent’s own is removed, and what is new comes first', () => {
  const former = { ...madeOf(there('shop')), label: 'former' }
  const gone = { ...madeOf(there('shop')), label: 'gone' }
  const steps = plan({ wanted: [SHOP], there: [there('former'), there('somebody-elses')], made: [former, gone] }, marks)
  expect(steps).toEqual([
    { do: 'put', route: SHOP, why: 'new' },
    { do: 'remove', place: { type: 'http', label: 'former', pathPrefix: null } },
    { do: 'forget', place: { type: 'http', label: 'gone', pathPrefix: null } },
  ])
})

it('what is asked of the front comes from the file', () => {
  const file = `
apps:
  - { name: shop, target: 3000, options: { pathPrefix: /api, check: { path: /health } } }
  - { name: root, subdomain: shop, target: 3001, options: { pathPrefix: / } }
  - { name: open, target: "http://203.0.113.8:80", expose: direct, protocol: h2c }
  - { name: port, target: 3000, expose: direct, options: { servers: [{ url: "http://203.0.113.9" }] } }
databases:
  - { name: orders }
  - { port: 27018, expose: direct, options: { useTls: false } }
`
  expect(wanted(file).map(({ ask }) => ask)).toMatchInlineSnapshot(`
    [
      {
        "options": {
          "check": {
            "expectStatus": null,
            "fall": 3,
            "intervalSeconds": 2,
            "path": "/health",
            "rise": 2,
          },
          "pathPrefix": "/api/",
          "through": "agent",
        },
        "subdomain": "shop",
        "targetUrl": "https://203.0.113.7:8444",
      },
      {
        "options": {
          "through": "agent",
        },
        "subdomain": "shop",
        "targetUrl": "https://203.0.113.7:8444",
      },
      {
        "options": {
          "protocol": "h2c",
        },
        "subdomain": "open",
        "targetUrl": "http://203.0.113.8:80",
      },
      {
        "options": {
          "servers": [
            {
              "url": "http://203.0.113.9",
            },
          ],
        },
        "subdomain": "port",
        "targetUrl": "http://203.0.113.7:40001",
      },
      {
        "name": "orders",
        "options": {
          "through": "agent",
        },
        "targetHost": "203.0.113.7",
        "targetPort": 8444,
      },
      {
        "options": {
          "useTls": false,
        },
        "targetHost": "203.0.113.7",
        "targetPort": 27018,
      },
    ]
  `)
})

it('another password is another route, and marks say nothing of it', () => {
  const [first, second] = ['one long password', 'other long password'].map((password) =>
    wanted(
      `apps: [{ name: shop, target: 3000, options: { basicAuth: { users: [{ user: anna, password: ${password} }] } } }]`,
    ),
  )
  const [one, other] = [first?.[0], second?.[0]].map((route) => (route ? marks.ofAsked(route) : ''))
  expect(one).not.toBe(other)
  expect(one).toMatch(/^[\w-]{43}$/)
})
