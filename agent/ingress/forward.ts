import type { AppClients } from './app-clients.ts'
import type { Question, Reply } from './exchange.ts'
import { answerPage } from './page.ts'
import { pathOf } from './request-target.ts'
import type { RoutingTable } from './routing-table.ts'
import type { Usage } from './usage.ts'

/** Takes what the front asks to the app that is meant. */
export type Forward = (question: Question, reply: Reply) => void

interface ForwardOptions {
  table(): RoutingTable
  clients: AppClients
  usage: Usage
}

export function createForward({ table, clients, usage }: ForwardOptions): Forward {
  return (asked, reply) => {
    const path = pathOf(asked.path, asked.host)
    if (path === null) return answerPage(reply, 400)
    const question = path === asked.path ? asked : { ...asked, path }
    const upstream = table().app(question.forwardedHost ?? question.host, pathAskedFor(question))
    if (upstream === undefined) return answerPage(reply, 404)
    if (upstream === null) return answerPage(reply, 503)
    reply.onOver(usage.begin(upstream))
    clients.of(upstream).ask(question, reply)
  }
}

/** What the client asked the front for: a route may show its app another host, and paths without its prefix. */
function pathAskedFor({ forwardedPrefix, path }: Question): string {
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  return forwardedPrefix === null ? plain : forwardedPrefix + plain
}
