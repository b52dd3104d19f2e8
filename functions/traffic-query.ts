import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ownerOf } from '../shared/domain/route-owner.ts'
import type { AppEnv } from './app-env.ts'

export const RouteId = z
  .string()
  .max(128)
  .openapi({ description: 'Only this route', example: 'vps-1.0f1e2d3c4b5a69788f' })

/** Whoever names neither an agent nor a route asks for its own. */
export function ownerAskedFor(c: Context<AppEnv>): string | null {
  const [agentId, route] = [c.req.query('agentId'), c.req.query('route')]
  const owners = [agentId ?? [], route === undefined ? [] : (ownerOf(route) ?? 'nobody')].flat()
  const principal = c.get('principal')
  const self = principal.kind === 'agent' ? principal.agentId : null
  return owners.every((owner) => owner === self) ? self : null
}
