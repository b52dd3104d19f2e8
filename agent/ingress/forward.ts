import type { AppClients } from './app-client.ts'
import type { Question, Reply } from './exchange.ts'
import { headerOf } from './headers.ts'
import { answerPage } from './page.ts'
import type { RoutingTable } from './routing-table.ts'
import type { Usage } from './usage.ts'

/** Takes what the front asks to the app that is meant. */
export type Forward = (question: Question, reply: Reply) => void

interface ForwardOptions {
  table(): RoutingTable
  clients: AppClients
  usage: Usage
}

/** What is no part of a path: a reader of HTTP/1.1 would take it for its end. */
const NO_PATH = /[^\x21-\x7e\x80-\xff]/

export function createForward({ table, clients, usage }: ForwardOptions): Forward {
  return (question, reply) => {
    if (NO_PATH.test(question.path)) return answerPage(reply, 400)
    const upstream = table().app(hostAskedFor(question), pathAskedFor(question))
    if (upstream === undefined) return answerPage(reply, 404)
    if (upstream === null) return answerPage(reply, 503)
    reply.onOver(usage.begin(upstream))
    clients.of(upstream).ask(question, reply)
  }
}

/** What the client asked the front for: a route may show its app another host, and paths without its prefix. */
const hostAskedFor = ({ headers, host }: Question): string => headerOf(headers, 'x-forwarded-host') ?? host

function pathAskedFor({ headers, path }: Question): string {
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  return (headerOf(headers, 'x-forwarded-prefix') ?? '') + plain
}
