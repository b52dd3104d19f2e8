import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'

/** What others put before the front leave behind. One that adds nothing and rewrites the host cannot be told. */
const FORWARDING_HEADERS = [
  'cf-connecting-ip',
  'forwarded',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/

/** The address at the other end of the connection. What forwarding headers say, any client can say. */
export function socketAddress(c: Context<AppEnv>): string {
  const { incoming } = c.env as unknown as Partial<HttpBindings>
  return (incoming?.socket?.remoteAddress ?? 'unknown').replace(/^::ffff:/, '')
}

/**
 * On loopback only this machine can ask, unless something on it forwards the requests of others: a proxy, or a browser
 * that shows a page of theirs.
 */
export function cameDirectly(c: Context<AppEnv>): boolean {
  const [host, origin] = [c.req.header('host') ?? '', c.req.header('origin')]
  const isOurPage = origin === undefined || origin === `http://${host}`
  return LOOPBACK_HOST.test(host) && isOurPage && FORWARDING_HEADERS.every((name) => c.req.header(name) === undefined)
}
