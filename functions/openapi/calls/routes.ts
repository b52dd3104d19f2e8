import { type CallTexts, NOTHING_ELSE } from './call-text.ts'

const AGENT = 'vps-1'
const APP = { agentId: AGENT, subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }

export const ROUTE_CALLS: CallTexts = {
  'POST /api/proxy/http': {
    id: 'putHttpRoute',
    description:
      'A route is known by its host and path prefix. Sending it again replaces all that it said before: an option that is not given has its default. The answer comes when the route is live; `Prefer: wait=SECONDS` waits until it is settled.',
    examples: {
      app: { summary: 'An app', value: APP },
      servers: {
        summary: 'Several servers, checked over HTTP',
        value: {
          ...APP,
          options: {
            servers: [
              { url: 'http://203.0.113.8:3000', weight: 50 },
              { url: 'http://203.0.113.9:3000', backup: true },
            ],
            balance: 'leastconn',
            check: { path: '/health', intervalSeconds: 5, expectStatus: 200 },
          },
        },
      },
      path: {
        summary: 'Only the paths under /api/, for an office alone',
        value: { ...APP, options: { pathPrefix: '/api/', allowFrom: ['192.0.2.0/24'] } },
      },
      tls: {
        summary: 'TLS to the app, its certificate not verified',
        value: { ...APP, subdomain: 'billing', targetUrl: 'https://203.0.113.7:8443', options: { tlsVerify: 'none' } },
      },
      ingress: {
        summary: 'By mutual TLS through the agent’s own ingress',
        value: { ...APP, subdomain: 'desk', targetUrl: 'https://203.0.113.7:8444', options: { through: 'agent' } },
      },
    },
  },
  'POST /api/proxy/mongodb': {
    id: 'putMongodbRoute',
    description:
      'Clients reach the database by its name in TLS (SNI). `useTls: true`, the default, passes TLS through to the database; `false` lets HAProxy end it. The answer has the agent’s certificate and key, made when there is none.',
    examples: {
      database: { summary: 'The agent’s database', value: { agentId: AGENT } },
      named: {
        summary: 'One of several, plain behind HAProxy',
        value: { agentId: AGENT, name: 'orders', targetPort: 27_018, options: { useTls: false } },
      },
      ingress: {
        summary: 'By mutual TLS through the agent’s own ingress',
        value: { agentId: AGENT, name: 'stock', targetPort: 8_444, options: { through: 'agent' } },
      },
    },
  },
  'DELETE /api/proxy': {
    id: 'removeRoute',
    description:
      'Nothing is served for it from the moment of the answer; connections that are open are closed within 5 seconds. Without `pathPrefix` all routes of the host go.',
    examples: {
      app: { summary: 'An app', value: { agentId: AGENT, type: 'http', subdomain: 'shop' } },
      database: { summary: 'The agent’s database', value: { agentId: AGENT, type: 'mongodb' } },
    },
  },
  'POST /api/proxy/bulk': {
    id: 'changeRoutes',
    description:
      'What is in `remove` goes first, then what is in `upsert` is put, in one commit and one change of HAProxy. When one entry is wrong nothing is changed, and the answer names the entries by their index.',
    examples: {
      both: {
        summary: 'Two new, one gone',
        value: {
          agentId: AGENT,
          upsert: [
            { type: 'http', subdomain: 'blog', targetUrl: 'http://203.0.113.7:3001' },
            { type: 'mongodb', name: 'orders', targetPort: 27_018 },
          ],
          remove: [{ type: 'http', subdomain: 'old-shop' }],
        },
      },
    },
  },
  'GET /api/proxy': { id: 'listRoutes' },
  'GET /api/proxy/agents/{agentId}': { id: 'listRoutesOfAgent' },
  'GET /api/proxy/routes/{id}': {
    id: 'getRoute',
    description: 'With the addresses that its names stand for at the moment, and how long each step to HAProxy took.',
  },
  'GET /api/proxy/routes/{id}/history': { id: 'listEditionsOfRoute' },
  'POST /api/proxy/routes/{id}/domains/{domain}/verify': {
    id: 'verifyDomainOfRoute',
    description:
      'The front looks by itself too, while it is not proved less and less often. Asked again within five seconds, it says what was found before.',
    examples: NOTHING_ELSE,
  },
  'POST /api/proxy/routes/{id}/rollback': {
    id: 'rollBackRoute',
    description: 'It is a change like any other: it may be refused, it is kept in the history, and can be rolled back.',
    examples: { first: { summary: 'To what it said at first', value: { revision: 1 } } },
  },
}
