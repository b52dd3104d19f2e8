import type { HttpRequestRule } from '../../dataplane/models.ts'
import { answerPage } from './page.ts'

/** HAProxy reads no more than 64 words of a line. */
const MOST_NETWORKS = 50

export function denyOthers(networks: string[]): HttpRequestRule[] {
  if (networks.length === 0) return []
  const refusal = answerPage({
    status: 403,
    title: 'This is not open to you',
    text: 'It is for certain addresses only, and yours is none of them.',
  })
  const deny: HttpRequestRule = { ...refusal, cond: 'unless', cond_test: isFrom(networks) }
  if (networks.length <= MOST_NETWORKS) return [deny]
  const mark = { type: 'set-var', ...ALLOWED, var_expr: 'int(1)' }
  return [...markAllowed(mark, networks), { ...deny, cond_test: IS_ALLOWED }]
}

export function rejectOthers(networks: string[]): HttpRequestRule[] {
  if (networks.length === 0) return []
  const reject: HttpRequestRule = { type: 'content', action: 'reject', cond: 'unless', cond_test: isFrom(networks) }
  if (networks.length <= MOST_NETWORKS) return [reject]
  const mark = { type: 'content', action: 'set-var', ...ALLOWED, expr: 'int(1)' }
  return [...markAllowed(mark, networks), { ...reject, cond_test: IS_ALLOWED }]
}

const ALLOWED = { var_scope: 'txn', var_name: 'allowed' }
const IS_ALLOWED = '{ var(txn.allowed) -m found }'

function markAllowed(mark: HttpRequestRule, networks: string[]): HttpRequestRule[] {
  const parts = Array.from({ length: Math.ceil(networks.length / MOST_NETWORKS) }, (_, i) =>
    networks.slice(i * MOST_NETWORKS, (i + 1) * MOST_NETWORKS),
  )
  return parts.map((part) => ({ ...mark, cond: 'if', cond_test: isFrom(part) }))
}

const isFrom = (networks: string[]) => `{ src ${networks.join(' ')} }`
