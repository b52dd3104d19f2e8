import type { Gateway } from './gateway.ts'
import type { Store } from './store.ts'

declare global {
  namespace Cloudflare {
    /** The bindings of wrangler.toml; settings and secrets are strings beside them. */
    interface Env {
      STORE: DurableObjectNamespace<Store>
      GATEWAY: DurableObjectNamespace<Gateway>
      ASSETS: Fetcher
      SECRET_KEY?: string
      ENROLLMENT_TOKEN?: string
    }
  }
}
