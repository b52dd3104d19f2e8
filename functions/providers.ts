import { createRoute, z } from '@hono/zod-openapi'
import { backendKey } from '../shared/backends/store-keys.ts'
import { GatewaySource, ProviderState } from '../shared/providers/provider-state.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { ok } from './schemas.ts'

const Provider = ProviderState.extend({
  conflicts: z.int().openapi({
    description: 'Backends of which another one has the name or a place: GET /api/backends says which',
  }),
}).openapi('Provider')

const Providers = z
  .strictObject({
    success: z.literal(true),
    source: GatewaySource.nullable().openapi({ description: 'null: nothing names any' }),
    providers: z.array(Provider).openapi({ description: 'Of two that name the same, the first one has it' }),
  })
  .openapi('Providers')

/** Where backends come from. */
export function providerRoutes(app: App, { services: { providers, backends, gateway }, access }: Deps): void {
  const conflictsOf = async (provider: string): Promise<number> => {
    const keys = (await backends.of(provider)).map(({ name }) => backendKey(provider, name))
    return (await gateway.backends(keys)).filter(({ conflicts }) => conflicts.length > 0).length
  }

  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/providers',
    tags: ['Backends'],
    summary: 'Where backends come from, and how each source is',
    responses: { 200: ok('They, in the order in which they win', Providers), ...guardedFailures() },
  })
  app.openapi(list, async (c) => {
    const states = await providers.states()
    const conflicts = await Promise.all(states.map(({ name }) => conflictsOf(name)))
    const answer = states.map((state, i) => ({ ...state, conflicts: conflicts[i] ?? 0 }))
    return json(c, { success: true as const, source: providers.source, providers: answer }, 200)
  })
}
