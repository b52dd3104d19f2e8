import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect as connectH2 } from 'node:http2'
import { request as requestTls } from 'node:https'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Seen } from './targets.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface Question {
  host: string
  path?: string
  method?: string
  headers?: Record<string, string | string[]>
  /** The CA of the server, where it is to be asked by TLS. */
  ca?: string
  body?: string
}

/** One request on a connection of its own. */
export async function get(port: number, { host, path = '/', method, headers, ca, body }: Question): Promise<Answer> {
  const common = { host: '127.0.0.1', port, path, method, agent: false as const, headers: { host, ...headers } }
  const sent = ca ? requestTls({ ...common, ca, servername: host }) : request(common)
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

/** What the target saw of it. */
export async function seen(port: number, question: Question): Promise<Seen> {
  const answer = await get(port, question)
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.body}`)
  return JSON.parse(answer.body)
}

/** The same by HTTP/2: by TLS with a CA, otherwise by prior knowledge. */
export async function getH2(
  port: number,
  { host, path = '/', method = 'GET', headers, ca }: Question,
): Promise<Answer> {
  const session = connectH2(`${ca ? 'https' : 'http'}://127.0.0.1:${port}`, ca ? { ca, servername: host } : {})
  try {
    const stream = session.request({ ':authority': host, ':path': path, ':method': method, ...headers })
    stream.end()
    const [answered] = await once(stream, 'response')
    return { status: answered[':status'] ?? 0, headers: answered, body: await text(stream) }
  } finally {
    session.destroy()
  }
}

/** Sends these bytes, and gives all that came back until HAProxy closed, or until nothing more can come. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = createConnection(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  return await text(socket).catch(() => '')
}
