import { AGENT_CALLS } from './agents.ts'
import { BACKEND_CALLS } from './backends.ts'
import { BACKUP_CALLS } from './backup.ts'
import type { CallTexts } from './call-text.ts'
import { CERTIFICATE_CALLS } from './certificates.ts'
import { HEALTH_CALLS } from './health.ts'
import { OPERATION_CALLS } from './operation.ts'
import { ROUTE_CALLS } from './routes.ts'

/** In the order of somebody who begins: the docs page shows them so. */
export const CALLS: CallTexts = {
  ...AGENT_CALLS,
  ...ROUTE_CALLS,
  ...BACKEND_CALLS,
  ...CERTIFICATE_CALLS,
  ...OPERATION_CALLS,
  ...BACKUP_CALLS,
  ...HEALTH_CALLS,
}
