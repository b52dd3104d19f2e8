import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Answer {
  status: number
  body: string
  headers: IncomingHttpHeaders
}

/** One request to this machine under any name. Without an agent, on a connection of its own. */
export function ask(
  port: number,
  host: string,
  { path = '/', agent = false, timeoutMs = 15_000 }: { path?: string; agent?: Agent | false; timeoutMs?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent, headers: { host }, timeout: timeoutMs })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    sent.on('error', reject)
    sent.on('response', (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        reject,
      )
    })
    sent.end()
  })
}

/** Connections that are used again, at most so many. */
export const keepAlive = (connections: number): Agent => new Agent({ keepAlive: true, maxSockets: connections })
