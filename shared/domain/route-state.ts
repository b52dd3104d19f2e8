import type { Route } from './route-record.ts'

/** What a write of the route is compared with: another one after each change, and after it was made anew. */
export const routeState = ({ id, agentId, revision }: Route): string => `${id.slice(agentId.length + 1)}.${revision}`
