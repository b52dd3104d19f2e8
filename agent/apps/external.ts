import type { App } from '../config/app.ts'
import type { Upstream } from '../config/upstream.ts'

/** Where an app answers that runs without the agent. */
export function upstreamOfTarget(app: App | undefined): Upstream | null {
  if (app?.target === undefined) return null
  const { target, protocol, options } = app
  const { host, port, tls } = typeof target === 'number' ? { host: '127.0.0.1', port: target, tls: false } : target
  return { host, port, tls: options?.useTls ?? tls, protocol }
}
