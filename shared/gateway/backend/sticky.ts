import type { Backend, Server } from '../../dataplane/models.ts'
import type { HttpRoute, Target } from '../../domain/route-record.ts'
import { shortHash } from '../../lib/short-hash.ts'

/** Routes of one host share its cookies, so each path has one of its own. */
const cookieName = ({ pathPrefix }: HttpRoute): string =>
  pathPrefix === null ? 'front_server' : `front_server_${shortHash(pathPrefix)}`

export function stickyCookie(route: HttpRoute): Partial<Backend> {
  if (!route.sticky) return {}
  const cookie = {
    name: route.sticky.cookie ?? cookieName(route),
    type: 'insert',
    indirect: true,
    nocache: true,
    httponly: true,
    ...(route.redirectToHttps && { secure: true }),
  }
  return { cookie }
}

/** The same for the same server whatever stands beside it, and nothing that tells where it is: nobody knows the id. */
export const serverCookie = (route: HttpRoute, { host, port }: Target): Partial<Server> =>
  route.sticky ? { cookie: shortHash(`${route.id} ${host} ${port}`) } : {}
