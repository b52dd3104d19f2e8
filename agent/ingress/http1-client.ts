import type { Upstream } from '../config/upstream.ts'
import type { AppClient } from './app-client.ts'
import type { Question, Reply } from './exchange.ts'
import { createHttp1Connection, type Http1Connection } from './http1-connection.ts'
import type { Limits } from './limits.ts'
import { answerPage } from './page.ts'

/** What an app may be asked twice, when it closed a kept connection just as it was used again. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
/** What else is asked only takes a connection that was used so lately that no server has grown tired of it. */
const SURE_MS = 500

/** HTTP/1.1 over connections that are used again: the newest first, so that those of a busy hour are closed after it. */
export function createHttp1Client(upstream: Upstream, limits: Limits): AppClient {
  let idle: Http1Connection[] = []
  let isClosed = false

  const free = (connection: Http1Connection) => {
    if (isClosed) connection.close()
    else idle.push(connection)
  }
  const take = (oldestMs: number): Http1Connection | null => {
    const since = performance.now() - oldestMs
    while (idle.length > 0 && (idle.at(-1)?.freeSinceMs ?? 0) >= since) {
      const connection = idle.pop()
      if (connection?.isOpen) return connection
    }
    return null
  }

  const ask = (question: Question, reply: Reply, mayRepeat = true) => {
    const isSafe = SAFE.has(question.method) && question.body === null
    const kept = question.upgrade === null && mayRepeat ? take(isSafe ? limits.idleMs : SURE_MS) : null
    const connection = kept ?? createHttp1Connection(upstream, { limits, mayBeHanded: question.upgrade !== null, free })
    connection.ask(question, reply, (status, isUnheard) => {
      if (kept && isSafe && isUnheard) ask(question, reply, false)
      else answerPage(reply, status)
    })
  }

  return {
    ask: (question, reply) => ask(question, reply),

    sweep() {
      const since = performance.now() - limits.idleMs
      const isStale = ({ freeSinceMs }: Http1Connection) => freeSinceMs < since
      for (const connection of idle) if (isStale(connection)) connection.close()
      idle = idle.filter(({ isOpen }) => isOpen)
    },

    close() {
      isClosed = true
      for (const connection of idle.splice(0)) connection.close()
    },
  }
}
