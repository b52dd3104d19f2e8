import { FrontError, isPassing } from '../client/front-error.ts'
import { type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

/** Whether the front knows this agent. Of a front that is not reached, others tell. */
export function checkAccount({ settings: { agent }, routes }: Patient): Finding[] {
  if ('list' in routes) return [well('account', `the front knows ${agent}; routes: ${routes.list.length}`)]
  const { error } = routes
  if (isPassing(error) || (error instanceof FrontError && error.code === 'DISTRUSTED')) return []
  const message = error instanceof Error ? error.message : String(error)
  const isUnknown = error instanceof FrontError && error.code === 'INVALID_CREDENTIALS'
  const advice = isUnknown
    ? 'Its administrator may have removed or revoked it: cloudlunacy-agent init --force registers anew'
    : 'Ask its administrator'
  return [wrong('account', `the front does not take this machine for ${agent}: ${message}`, advice)]
}
