import { OpenAPIHono } from '@hono/zod-openapi'
import { jsonBody, wrapEveryRequest } from './conventions.ts'
import type { App, Bindings, Deps } from './deps.ts'
import { docsRoutes } from './docs.ts'
import { invalidInput, toErrorAnswer, unknownPath } from './errors.ts'
import { healthRoutes } from './health.ts'
import { openapiDocument } from './openapi.ts'

/** The whole API as a function of what it depends on. It knows no platform. */
export function createApp(deps: Deps): App {
  const app = new OpenAPIHono<{ Bindings: Bindings }>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues, result.target)
    },
  })
  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], '*', jsonBody())
  healthRoutes(app, deps)
  docsRoutes(app, deps)
  openapiDocument(app, deps.version)
  app.onError(toErrorAnswer(deps.log))
  app.notFound(unknownPath(app))
  wrapEveryRequest(app, deps)
  return app
}
