import { type CallTexts, NOTHING_ELSE } from './call-text.ts'

const AGENT = 'vps-1'
const KEY = 'a-long-secret-of-its-own'

export const AGENT_CALLS: CallTexts = {
  'POST /api/agents/register': {
    id: 'registerAgent',
    description:
      'The agent chooses its name and its key. Where registration is not open, an enrolment token is needed: as bearer or in `enrollmentToken`. The same name with the same key is an update and needs none; with another key it is 409. The answer has a token for all further calls, and the CAs to trust.',
    examples: {
      agent: {
        summary: 'An agent',
        value: { agentId: AGENT, agentKey: KEY, agentName: 'The shop’s server', targetIp: '203.0.113.7' },
      },
      routes: {
        summary: 'An agent with its routes, in one step',
        value: {
          agentId: AGENT,
          agentKey: KEY,
          targetIp: '203.0.113.7',
          routes: [
            { type: 'http', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' },
            { type: 'mongodb', targetPort: 27_017 },
          ],
        },
      },
    },
  },
  'POST /api/agents/authenticate': {
    id: 'authenticateAgent',
    description:
      'Tokens are short-lived: ask for a new one before `expiresIn` seconds are over. An unknown agent and a wrong key get the same answer, in the same time.',
    examples: { key: { summary: 'With the agent’s key', value: { agentId: AGENT, agentKey: KEY } } },
  },
  'GET /api/agents': { id: 'listAgents' },
  'GET /api/agents/{agentId}': { id: 'getAgent' },
  'PATCH /api/agents/{agentId}': {
    id: 'updateAgent',
    description:
      'Only what is sent is changed. `suspended: true`, for administrators alone, makes the agent’s routes answer 503 at once and refuses its tokens, until it is `false` again.',
    examples: {
      name: { summary: 'Another name, another address', value: { agentName: 'The shop', targetIp: '203.0.113.8' } },
      noName: { summary: 'No name', value: { agentName: null } },
    },
  },
  'DELETE /api/agents/{agentId}': {
    id: 'removeAgent',
    description: 'Its routes and certificates go in the same step. Its name waits a day before another may have it.',
    examples: NOTHING_ELSE,
  },
  'POST /api/agents/{agentId}/heartbeat': {
    id: 'reportHeartbeat',
    description: 'Shown in reads of the agent. Each report replaces the one before.',
    examples: {
      report: {
        summary: 'An app and a database',
        value: {
          version: '1.4.0',
          load: 0.42,
          memory: { totalBytes: 4_294_967_296, availableBytes: 1_610_612_736 },
          apps: [{ name: 'shop', status: 'healthy', version: '3f2a9c41d0be' }],
          databases: [{ name: 'orders', status: 'unhealthy', message: 'does not answer on 27017' }],
        },
      },
    },
  },
  'POST /api/agents/{agentId}/rotate-key': {
    id: 'rotateAgentKey',
    description: 'The new key is in the answer and is shown only there.',
    examples: NOTHING_ELSE,
  },
  'POST /api/agents/{agentId}/revoke': {
    id: 'revokeAgent',
    description: 'For when a token or a certificate may have been seen. The agent authenticates anew with its key.',
    examples: NOTHING_ELSE,
  },
  'GET /api/config/{agentId}': {
    id: 'getAgentConfig',
    description: 'All that an agent needs. It makes the agent’s certificate when there is none, and renews it in time.',
  },
}
