import { type CallTexts, NOTHING_ELSE } from './call-text.ts'

export const HEALTH_CALLS: CallTexts = {
  'GET /api/health': {
    id: 'getHealth',
    description:
      'Words only, since everybody may ask. `degraded` still serves: look at `/api/nodes` and `/api/certificates`.',
  },
  'GET /api/health/live': { id: 'getLiveness', description: 'For a supervisor that restarts what does not answer.' },
  'GET /api/health/ready': {
    id: 'getReadiness',
    description: 'For a load balancer: 503 until the store answers and a HAProxy has all routes.',
  },
  'POST /api/alerts/test': {
    id: 'testAlerts',
    description: 'Is not tried again. docs/alerts.md says what is told by itself, and how the signature is checked.',
    examples: NOTHING_ELSE,
  },
  'GET /api/metrics': {
    id: 'getMetrics',
    description: 'For Prometheus. docs/monitoring explains each, with rules to be alerted by and a dashboard.',
  },
}
