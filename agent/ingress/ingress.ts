import type { Log } from '../../shared/log/log.ts'
import type { Certificate } from '../certificates/certificate.ts'
import type { Upstream } from '../config/upstream.ts'

/** What the front may reach, and under which name. */
export type IngressRoute =
  | {
      type: 'http'
      /** The whole name, in lower case, as browsers ask for it. */
      host: string
      /** Begins and ends with a slash; null: all paths that no other route of the host takes. */
      pathPrefix: string | null
      /** null: it does not run at the moment. */
      upstream: Upstream | null
    }
  | { type: 'mongodb'; host: string; upstream: Upstream }

export interface IngressOptions {
  port: number
  /** All addresses if not given. */
  host?: string | undefined
  log: Log
}

/** The one port of the machine that is open to the world: it takes the front's client certificate and no other. */
export interface Ingress {
  /** Until there is a certificate it listens to nobody. */
  start(): Promise<void>
  /** From the next connection on; those that are open stay. */
  present(certificate: Certificate): void
  /** From the next request on. */
  route(routes: IngressRoute[]): void
  /** When no request runs there any more, or the signal is aborted. */
  drained(upstream: Upstream, signal: AbortSignal): Promise<void>
  readonly report: { listening: boolean; port: number; error: string | null }
  stop(): Promise<void>
}

export function createIngress({ port }: IngressOptions): Ingress {
  return {
    start: async () => undefined,
    present: () => undefined,
    route: () => undefined,
    drained: async () => undefined,
    report: { listening: false, port, error: null },
    stop: async () => undefined,
  }
}
