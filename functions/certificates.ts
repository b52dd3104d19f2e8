import { agentCertificateRoutes } from './agent-certificates.ts'
import type { App } from './app-env.ts'
import { authorityRoutes } from './authorities.ts'
import type { Deps } from './deps.ts'
import { edgeCertificateRoutes } from './edge-certificates.ts'
import { edgeOrderRoutes } from './edge-orders.ts'

/** The certificate manager. */
export function certificateRoutes(app: App, deps: Deps): void {
  authorityRoutes(app, deps)
  agentCertificateRoutes(app, deps)
  edgeCertificateRoutes(app, deps)
  edgeOrderRoutes(app, deps)
}
