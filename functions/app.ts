import { OpenAPIHono } from '@hono/zod-openapi'
import { createGreeting } from './access.ts'
import { agentConfigRoutes } from './agent-config.ts'
import { agentKeyRoutes } from './agent-keys.ts'
import { agentRoutes } from './agents.ts'
import { alertRoutes } from './alerts.ts'
import type { App, AppEnv } from './app-env.ts'
import { auditRoutes } from './audit.ts'
import { backendRoutes } from './backends.ts'
import { backupRoutes } from './backup.ts'
import { certificateRoutes } from './certificates.ts'
import { jsonBody, wrapEveryRequest } from './conventions.ts'
import type { Deps } from './deps.ts'
import { docsRoutes } from './docs.ts'
import { invalidInput, toErrorAnswer, unknownPath } from './errors.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { logRoutes } from './logs.ts'
import { metricsRoutes } from './metrics.ts'
import { nodeRoutes } from './nodes.ts'
import { openapiDocument } from './openapi.ts'
import { providerRoutes } from './providers.ts'
import { proxyRoutes } from './proxy.ts'
import { proxyBulkRoutes } from './proxy-bulk.ts'
import { proxyReadRoutes } from './proxy-reads.ts'
import { registrationRoutes } from './registration.ts'
import { routeDomainRoutes } from './route-domains.ts'
import { routeHistoryRoutes } from './route-history.ts'
import { createRouter } from './router.ts'
import { statsRoutes } from './stats.ts'
import { tokenRoutes } from './tokens.ts'

/** The whole API as a function of what it depends on. It knows no platform. */
export function createApp(deps: Deps): App {
  const app = new OpenAPIHono<AppEnv>({
    router: createRouter(),
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues, result.target)
    },
  })
  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], '*', jsonBody(createGreeting(deps.services)))
  healthRoutes(app, deps)
  alertRoutes(app, deps)
  registrationRoutes(app, deps)
  agentRoutes(app, deps)
  agentKeyRoutes(app, deps)
  agentConfigRoutes(app, deps)
  proxyRoutes(app, deps)
  proxyBulkRoutes(app, deps)
  proxyReadRoutes(app, deps)
  routeDomainRoutes(app, deps)
  routeHistoryRoutes(app, deps)
  backendRoutes(app, deps)
  providerRoutes(app, deps)
  certificateRoutes(app, deps)
  nodeRoutes(app, deps)
  statsRoutes(app, deps)
  logRoutes(app, deps)
  metricsRoutes(app, deps)
  eventRoutes(app, deps)
  tokenRoutes(app, deps)
  auditRoutes(app, deps)
  backupRoutes(app, deps)
  docsRoutes(app, deps)
  openapiDocument(app, deps.version)
  app.onError(toErrorAnswer(deps.log))
  app.notFound(unknownPath(app))
  wrapEveryRequest(app, deps)
  return app
}
