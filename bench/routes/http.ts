import { Agent, request } from 'node:http'
import { connect } from 'node:net'

export interface Answer {
  status: number
  text: string
}

export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

/** Calls over one connection that is kept. */
export function keptCalls(port: number, defaults: Record<string, string> = {}): Call {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (method, path, body, headers) => {
    const isText = typeof body === 'string'
    const payload = body === undefined ? undefined : Buffer.from(isText ? body : JSON.stringify(body))
    const type = isText ? 'text/plain' : 'application/json'
    return new Promise((resolve, reject) => {
      const sent = request({
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          ...defaults,
          ...headers,
          ...(payload && { 'content-type': type, 'content-length': payload.length }),
        },
      })
      sent.setNoDelay(true)
      sent.on('error', reject)
      sent.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      })
      sent.end(payload)
    })
  }
}

/** The status of one GET over a connection of its own; 0 where the connection failed. */
export function getOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const done = (status: number) => {
      // A reset leaves no port behind that waits a minute.
      socket.resetAndDestroy()
      resolve(status)
    }
    socket.on('connect', () => socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`))
    socket.once('data', (data) => done(Number(data.toString('latin1', 9, 12))))
    socket.on('error', () => done(0))
    socket.on('close', () => done(0))
  })
}

/** Asks again and again, each time on a fresh connection; the time at which a good answer came. */
export async function untilGood(
  port: number,
  host: string,
  { pauseMs = 0, limitMs = 60_000, isGood = (status: number): boolean => status === 200 } = {},
): Promise<number> {
  const startMs = performance.now()
  for (;;) {
    const status = await getOnce(port, host)
    const nowMs = performance.now()
    if (isGood(status)) return nowMs
    if (nowMs - startMs > limitMs) throw new Error(`${host} still answers ${status} after ${limitMs} ms`)
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
