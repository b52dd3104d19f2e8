import { once } from 'node:events'
import { request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { HttpCheck } from '../../shared/domain/options/check.ts'
import { bracketed } from '../../shared/domain/target-host.ts'
import type { Upstream } from '../config/upstream.ts'

const TIMEOUT_MS = 2_000

type Asked = Exclude<HttpCheck, boolean>

/** Asks once. Null: it serves; otherwise why not, in words. */
export async function probe(check: HttpCheck, upstream: Upstream, timeoutMs = TIMEOUT_MS): Promise<string | null> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return typeof check === 'object' ? await askHttp(check, upstream, signal) : await reach(upstream, signal)
  } catch (error) {
    return signal.aborted ? `gave no answer within ${timeoutMs / 1_000} s` : inWords(error)
  }
}

/** Connects, with the handshake where TLS is spoken. */
async function reach({ host, port, tls }: Upstream, signal: AbortSignal): Promise<null> {
  const socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connect({ host, port })
  // Whoever waits is told by `once`; what comes later is of no interest.
  socket.on('error', () => undefined)
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal })
    return null
  } finally {
    socket.destroy()
  }
}

async function askHttp({ path, expectStatus }: Asked, upstream: Upstream, signal: AbortSignal): Promise<string | null> {
  const status = await (upstream.protocol === 'h2c' ? statusByHttp2 : statusByHttp1)(path, upstream, signal)
  if (expectStatus === null ? status >= 200 && status < 400 : status === expectStatus) return null
  return `answered ${status} to ${path}${expectStatus === null ? '' : ` instead of ${expectStatus}`}`
}

async function statusByHttp1(path: string, { host, port, tls }: Upstream, signal: AbortSignal): Promise<number> {
  const options = { host, port, path, agent: false as const, signal }
  const asked = tls ? requestTls({ ...options, rejectUnauthorized: false }) : request(options)
  asked.end()
  const [response] = await once(asked, 'response')
  response.destroy()
  return response.statusCode ?? 0
}

async function statusByHttp2(path: string, { host, port, tls }: Upstream, signal: AbortSignal): Promise<number> {
  const session = connectHttp2(`${tls ? 'https' : 'http'}://${bracketed(host)}:${port}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  try {
    const stream = session.request({ ':path': path }, { signal })
    const [headers] = await once(stream, 'response')
    stream.on('error', () => undefined)
    return headers[':status'] ?? 0
  } finally {
    session.destroy()
  }
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'cut the connection',
  EHOSTUNREACH: 'cannot be reached: no way leads there',
  ENETUNREACH: 'cannot be reached: no way leads there',
  ENOTFOUND: 'has a name that nobody knows',
  HPE_INVALID_CONSTANT: 'speaks no HTTP',
  ERR_SSL_WRONG_VERSION_NUMBER: 'speaks no TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'speaks no TLS',
}

function inWords(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return WORDS[code] ?? message
}
