import type { HttpRequestRule } from '../../dataplane/models.ts'

/** `sess.agent` is set where TLS ends, once everything about the client's certificate was found to be right. */
export function rejectOtherClients(agents: readonly string[] | undefined): HttpRequestRule[] {
  if (agents === undefined) return []
  const isOneOfThem = `{ var(sess.agent) -m str ${agents.join(' ')} }`
  return [{ type: 'content', action: 'reject', cond: 'unless', cond_test: isOneOfThem }]
}
