import { type CallTexts, NOTHING_ELSE } from './call-text.ts'
import { AGENT_CSR, EDGE_PEM } from './certificate-samples.ts'

export const CERTIFICATE_CALLS: CallTexts = {
  'GET /api/certificates/ca': { id: 'listAuthorities' },
  'GET /api/certificates/ca.pem': {
    id: 'getAuthoritiesPem',
    description: 'What clients of databases keep as ca.pem, and `mongosh --tlsCAFile` takes.',
  },
  'GET /api/certificates/ca.crl': { id: 'getRevocationList' },
  'GET /api/certificates/ca.crl.pem': { id: 'getRevocationListsPem' },
  'GET /api/certificates/ca/{file}': { id: 'getAuthorityFile' },
  'POST /api/certificates/ca/rotate': {
    id: 'rotateAuthority',
    description: 'The CA before it stays trusted until the last certificate that it signed has expired.',
    examples: NOTHING_ELSE,
  },
  'GET /api/certificates': { id: 'listCertificates' },
  'POST /api/certificates/agents/{agentId}/csr': {
    id: 'signAgentCsr',
    description: 'Names and lifetime are the front’s to say; of the request only its key is taken.',
    examples: { csr: { summary: 'A request for a P-256 key', value: { csr: AGENT_CSR } } },
  },
  'POST /api/certificates/agents/{agentId}/renew': { id: 'renewAgentCertificate', examples: NOTHING_ELSE },
  'POST /api/certificates/agents/{agentId}/revoke': {
    id: 'revokeAgentCertificates',
    description:
      'The revocation list says so at once. The agent’s tokens stay good: `/api/agents/{agentId}/revoke` ends both.',
    examples: { compromise: { summary: 'Somebody has the key', value: { reason: 'keyCompromise' } } },
  },
  'DELETE /api/certificates/agents/{agentId}/key': {
    id: 'forgetAgentKey',
    description: 'Once the agent has saved it, nobody else needs it.',
    examples: NOTHING_ELSE,
  },
  'GET /api/certificates/edge': { id: 'listEdgeCertificates' },
  'GET /api/certificates/edge/{name}': { id: 'getEdgeCertificate' },
  'PUT /api/certificates/edge/{name}': {
    id: 'putEdgeCertificate',
    description:
      'Served with no reload, for the names that it is good for. The name `default` replaces the front’s own.',
    examples: {
      shop: { summary: 'For shop.example', value: { pem: EDGE_PEM, names: ['shop.example'] } },
    },
  },
  'POST /api/certificates/edge/{name}/renew': {
    id: 'renewEdgeCertificate',
    description:
      'For a name that is to have a certificate of the ACME server (`ACME`): what is left of a pause is skipped too.',
    examples: NOTHING_ELSE,
  },
  'POST /api/certificates/edge/{name}/revoke': {
    id: 'revokeEdgeCertificate',
    description: 'When somebody else may have its key.',
    examples: { compromise: { summary: 'Somebody has the key', value: { reason: 'keyCompromise' } } },
  },
  'DELETE /api/certificates/edge/{name}': { id: 'removeEdgeCertificate', examples: NOTHING_ELSE },
}
