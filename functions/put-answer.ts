import type { Context } from 'hono'
import type { Route } from '../shared/domain/route-record.ts'
import type { Outcome } from '../shared/gateway/gateway.ts'
import { namedDomains } from '../shared/routes/domains/known.ts'
import type { Put } from '../shared/routes/edit.ts'
import type { AppEnv } from './app-env.ts'
import { routeAnswer, stateOf, warningsAnswer } from './route-answer.ts'
import type { Services } from './services.ts'

/** The failures that a call may answer with that puts routes. */
export const PUT_FAILURES = [
  'INVALID_INPUT',
  'TARGET_REFUSED',
  'AGENT_NOT_FOUND',
  'HOST_TAKEN',
  'NAME_RELEASED',
  'TOO_MANY_ROUTES',
  'REJECTED_BY_HAPROXY',
  'RESOLVER_UNAVAILABLE',
] as const

const LONGEST_WAIT_SECONDS = 60

/** `Prefer: wait=SECONDS` (RFC 7240). What cannot be understood is not preferred. */
export function waitOf(c: Context<AppEnv>): { waitMs?: number } {
  const seconds = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/i.exec(c.req.header('prefer') ?? '')?.[1]
  return seconds === undefined ? {} : { waitMs: Math.min(Number(seconds), LONGEST_WAIT_SECONDS) * 1_000 }
}

/** 201 for what is new, 202 while no data plane has it, 200 for all else. */
export function putStatus({ did }: Put, outcome: Outcome | null): 200 | 201 | 202 {
  if (outcome?.status === 'pending') return 202
  return did === 'created' ? 201 : 200
}

export const UNCHANGED: Outcome['applied'] = { via: 'none', why: 'it says what it said before', steps: [] }

/** The part of an answer that is the same for all kinds of routes. */
export async function putFields(
  { route, did }: Put,
  outcome: Outcome | null,
  { gateway, domains }: Pick<Services, 'gateway' | 'domains'>,
) {
  const state = outcome ?? (await stateOf(route, gateway))
  return {
    route: routeAnswer(route, state, await domains.of([route])),
    status: state.status,
    applied: outcome?.applied ?? UNCHANGED,
    ...warningsAnswer([route]),
    did,
  }
}

/** What is still to be done, where a route has domains that nobody has proved. */
export function domainsMessage(route: Route): string {
  const pending = namedDomains(route).filter((name) => !isProved(route, name))
  if (pending.length === 0) return ''
  return `. ${pending.join(', ')}: answered too once the TXT record that verification names is set`
}

const isProved = (route: Route, domain: string): boolean =>
  route.type === 'http' && (route.domains ?? []).some(({ name, status }) => name === domain && status === 'done')

export function putMessage(what: string, did: Put['did'], status: Outcome['status']): string {
  const done = { created: 'is set up', changed: 'is changed', unchanged: 'is as it was' }[did]
  return status === 'pending' && did !== 'unchanged'
    ? `${what} is accepted and waits for a data plane`
    : `${what} ${done}`
}
