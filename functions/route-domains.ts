import { createRoute, z } from '@hono/zod-openapi'
import type { DomainRecord } from '../shared/routes/domains/record.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { RoutePath, Verification, verificationAnswer } from './route-answer.ts'
import { ok, onlyCredentials } from './schemas.ts'

const DomainPath = RoutePath.extend({
  domain: z.string().max(253).toLowerCase().openapi({ example: 'www.example.org' }),
})
const Verified = z
  .strictObject({ success: z.literal(true), message: z.string(), verification: Verification })
  .openapi('DomainVerified')

/** The proof of a custom domain. */
export function routeDomainRoutes(app: App, { services, access, clientAddress }: Deps): void {
  const { routes, domains } = services

  const verify = createRoute({
    ...access('administrators and the agent itself', (c) => routes.ownerOf(c.req.param('id') ?? '')),
    method: 'post',
    path: '/api/proxy/routes/{id}/domains/{domain}/verify',
    tags: ['Routes'],
    summary: 'Looks at once whether the TXT record of a custom domain is there',
    request: { params: DomainPath, ...onlyCredentials },
    responses: {
      200: ok('What was found', Verified),
      ...guardedFailures('INVALID_INPUT', 'ROUTE_NOT_FOUND'),
    },
  })
  app.openapi(verify, async (c) => {
    const { id, domain } = c.req.valid('param')
    const record = await domains.verify(await routes.find(id), domain, actorOf(c, clientAddress(c)))
    const verification = verificationAnswer({ ...record, name: domain }, record)
    return json(c, { success: true as const, message: sentenceOf(record), verification }, 200)
  })
}

function sentenceOf({ domain, status, reason }: DomainRecord): string {
  if (status === 'done') return `The domain ${domain} is proved, and served`
  const what = status === 'lost' ? 'was proved, and is not any more' : 'is not proved yet'
  return `The domain ${domain} ${what}${reason === null ? '' : `: ${reason}`}`
}
