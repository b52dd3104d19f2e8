import { connect } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Upstream } from '../../../agent/config/upstream.ts'
import { createIngress, type Ingress } from '../../../agent/ingress/ingress.ts'
import type { Limits } from '../../../agent/ingress/limits.ts'
import type { IngressRoute } from '../../../agent/ingress/routing-table.ts'
import type { Log } from '../../../shared/log/log.ts'
import type { ApiClient } from '../../support/api.ts'
import type { Pem } from '../../support/haproxy-certificates.ts'

export const http1At = (port: number): Upstream => ({ host: '127.0.0.1', port, tls: false, protocol: 'http1' })
export const h2cAt = (port: number): Upstream => ({ ...http1At(port), protocol: 'h2c' })

export const appRoute = (host: string, upstream: Upstream | null, pathPrefix: string | null = null): IngressRoute => ({
  type: 'http',
  host,
  pathPrefix,
  upstream,
})

const silent = () => undefined
const LOG: Log = { debug: silent, info: silent, warn: silent, error: silent, access: silent }

/** On a free port of this machine. It is gone when the test is over. */
export async function startIngress(
  { ca, cert, key }: Pem & { ca: string },
  routes: IngressRoute[],
  limits: Partial<Limits> = {},
): Promise<Ingress & { port: number }> {
  const ingress = createIngress({ port: 0, host: '127.0.0.1', log: LOG, limits: { stopMs: 100, ...limits } })
  ingress.present({ ca, cert, key })
  ingress.route(routes)
  await ingress.start()
  while (!ingress.report.listening) await new Promise(setImmediate)
  onTestFinished(() => ingress.stop())
  return Object.assign(ingress, { port: ingress.report.port })
}

/** Says to the ingress what the front would not. */
export function frontAt(port: number, { ca, front }: { ca: string; front: Pem }) {
  const options = { port, host: '127.0.0.1', ca, servername: 'agent1.agents.test', ...front }
  const open = () => {
    const socket = connect(options)
    onTestFinished(() => void socket.destroy())
    return socket.on('error', () => {})
  }
  /** What comes back on one connection until it is closed, or until all of these are answered, each after the one before. */
  const say = async (bytes: string, ...more: string[]): Promise<string> => {
    const socket = open()
    let [came, answered] = ['', 0]
    const done = new Promise<string>((resolve) => {
      socket.on('data', (data) => {
        came += data
        if (came.split('HTTP/1.1 ').length <= answered + 1) return
        answered++
        const next = more.shift()
        if (next !== undefined) socket.write(next)
      })
      socket.on('close', () => resolve(came))
    })
    socket.write(bytes, 'latin1')
    return done
  }
  return { open, say, options }
}

type Certificate = Pem & { ca: string }

export const certificatesOf = async (client: ApiClient): Promise<Certificate> =>
  (await client.get(`/api/config/${client.agentId}`)).body.certificates as Certificate
