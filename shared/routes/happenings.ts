import type { Route } from '../domain/route-record.ts'
import { placeOf } from '../domain/route-rules.ts'
import type { ChangedRoute } from './changed-route.ts'

interface RouteHappening {
  action: string
  target: string
  details: { [name: string]: string | number | string[] }
}

const MOST_PLACES = 20

/** What the audit log says of changes that are one commit. */
export function happeningOf(changed: ChangedRoute[], backTo?: number): RouteHappening {
  const [first, ...others] = changed
  if (first && others.length === 0) return backTo === undefined ? single(first) : rolledBack(first, backTo)
  const places = changed.slice(0, MOST_PLACES).map(placeIn)
  const count = (kind: string) => changed.filter((each) => kindOf(each) === kind).length
  const agents = [...new Set(changed.map(({ agentId }) => agentId))]
  return {
    action: 'route.bulk',
    target: agents.slice(0, MOST_PLACES).join(' '),
    details: { created: count('create'), changed: count('change'), removed: count('remove'), places },
  }
}

function single(changed: ChangedRoute): RouteHappening {
  const { id, revision } = (changed.after ?? changed.before) as Route
  return { action: `route.${kindOf(changed)}`, target: placeIn(changed), details: { id, revision } }
}

function rolledBack(changed: ChangedRoute, backTo: number): RouteHappening {
  const { details, target } = single(changed)
  return { action: 'route.rollback', target, details: { ...details, backTo } }
}

const kindOf = ({ before, after }: ChangedRoute) => (after === null ? 'remove' : before === null ? 'create' : 'change')
const placeIn = ({ before, after }: ChangedRoute) => placeOf((after ?? before) as Route)
