import { json } from './answer.ts'
import type { App } from './app-env.ts'
import { describeApi } from './openapi/describe.ts'

export { failures } from './openapi/failures.ts'

/** Made once, when it is asked for first: then all routes are declared. */
export function openapiDocument(app: App, version: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An agent’s token, or an administrator’s',
  })
  let document: ReturnType<typeof describeApi> | undefined
  app.get('/api/openapi.json', (c) => {
    document ??= describeApi(app, version)
    return json(c, document, 200)
  })
}
