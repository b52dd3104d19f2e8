import { type CallTexts, NOTHING_ELSE } from './call-text.ts'

/** What the administrator does. */
export const OPERATION_CALLS: CallTexts = {
  'GET /api/events': { id: 'streamEvents' },
  'GET /api/stats': {
    id: 'listStats',
    description:
      'Kept over reloads of HAProxy, and summed over all nodes. A route that was not asked for in a day begins at zero. An agent sees its own.',
  },
  'GET /api/metrics': { id: 'getMetrics' },
  'GET /api/logs': { id: 'listLogLines' },
  'GET /api/nodes': { id: 'listNodes' },
  'GET /api/nodes/{name}': { id: 'getNode' },
  'PUT /api/nodes/{name}': {
    id: 'putNode',
    description:
      'For HAProxies beside those of the front’s own settings. The answer comes when the node has all routes.',
    examples: {
      remote: {
        summary: 'A HAProxy in another town',
        value: { url: 'https://admin:a-password-of-its-own@haproxy.example.com:5555' },
      },
    },
  },
  'DELETE /api/nodes/{name}': { id: 'removeNode', examples: NOTHING_ELSE },
  'POST /api/nodes/{name}/reconcile': {
    id: 'reconcileNode',
    description: 'It is done every few seconds anyway; `lastRepair` says what was put right.',
    examples: NOTHING_ELSE,
  },
  'POST /api/tokens': {
    id: 'createToken',
    description: 'The token is in the answer and is shown only there: the front keeps a hash of it.',
    examples: {
      enrollment: {
        summary: 'For five agents, within a day',
        value: { kind: 'enrollment', name: 'New shops', uses: 5, namePattern: 'shop-*', expiresInSeconds: 86_400 },
      },
      reader: { summary: 'To read everything', value: { kind: 'read-only', name: 'The dashboard' } },
    },
  },
  'GET /api/tokens': { id: 'listTokens' },
  'DELETE /api/tokens/{id}': {
    id: 'removeToken',
    description: 'Refused from now on, on every front.',
    examples: NOTHING_ELSE,
  },
  'GET /api/audit': {
    id: 'listAuditEntries',
    description: 'A change and its entry are one commit. What was refused is here too.',
  },
}
