import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'

/** What others put before the front; our own proxy has not been there if one of them is set. */
const FORWARDING_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/** The address at the other end of the connection. What forwarding headers say, any client can say. */
export function socketAddress(c: Context<AppEnv>): string {
  const { incoming } = c.env as unknown as Partial<HttpBindings>
  return (incoming?.socket?.remoteAddress ?? 'unknown').replace(/^::ffff:/, '')
}

/** On loopback only this machine can ask, unless something on it forwards the requests of others. */
export function cameDirectly(c: Context<AppEnv>): boolean {
  return FORWARDING_HEADERS.every((name) => c.req.header(name) === undefined)
}
