import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Principal } from '../shared/identity/principal.ts'

/** What a handler finds in `c.env`. */
interface Bindings {
  requestId: string
}

export interface AppEnv {
  Bindings: Bindings
  /** Set where a route is not for everybody. */
  Variables: { principal: Principal }
}

export type App = OpenAPIHono<AppEnv>
