import { type CallTexts, NOTHING_ELSE } from './call-text.ts'

/** What the gateway serves beside agents' routes. */
export const BACKEND_CALLS: CallTexts = {
  'GET /api/backends': {
    id: 'listBackends',
    description:
      'All that providers told of and what was put by hand, also where another one has the name or the host.',
  },
  'GET /api/backends/{name}': { id: 'getBackend' },
  'PUT /api/backends/{name}': {
    id: 'putBackend',
    description:
      'The answer comes when it is live. Servers that come, go and change need no reload; `applied` says what was done. An agent’s route keeps its host; a host that a backend has, no agent can take.',
    examples: {
      api: {
        summary: 'Two servers behind a name',
        value: {
          servers: [
            { name: 'srv1', address: '203.0.113.7', port: 8080 },
            { name: 'srv2', address: '203.0.113.8', port: 8080, weight: 50 },
          ],
          hosts: ['api.example.org'],
          balance: 'leastconn',
        },
      },
      paths: {
        summary: 'Some paths of a host, checked over HTTP',
        value: {
          servers: [{ name: 'srv1', address: '203.0.113.7', port: 8081, check: { path: '/health' } }],
          hosts: ['www.example.org'],
          pathPrefixes: ['/shop/'],
        },
      },
      default: {
        summary: 'Whatever comes for hosts that nobody has',
        value: { servers: [{ name: 'srv1', address: '203.0.113.7', port: 8082 }], default: true },
      },
    },
  },
  'DELETE /api/backends/{name}': {
    id: 'removeBackend',
    description: 'What a provider tells of is taken away there.',
    examples: NOTHING_ELSE,
  },
  'GET /api/providers': {
    id: 'listProviders',
    description:
      'Those that `gateway.yaml` names, and `api`: what is put by hand. A source that has trouble keeps what it told last.',
  },
}
