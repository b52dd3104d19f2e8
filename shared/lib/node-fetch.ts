import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { holdsCertificate } from './holds-certificate.ts'

export interface NodeFetchOptions {
  /** As PEM: whom to believe instead of the authorities that Node knows. */
  ca?: string | undefined
  /** Who we are, as PEM, to a server that asks. */
  cert?: string | undefined
  key?: string | undefined
  /** Connected to instead of what the URL's name stands for; certificates must be good for the name all the same. */
  address?: string | undefined
  /** Instead of the URL's host: a socket of this machine. */
  socketPath?: string | undefined
  /** Believes anybody: for what is public, and proved by other means. */
  unverified?: boolean
  maxSockets?: number
  /** All that is asked may be asked twice: a request on a kept connection that has ended meanwhile is sent on a new one. */
  repeatable?: boolean
}

export interface NodeQuestion {
  method: string
  url: URL
  headers: Record<string, string>
  body: string | Uint8Array | null
  signal: AbortSignal | undefined
}

/** Node's own fetch takes no CA of one's own, and no socket. This one does, and keeps its connections. */
export function createNodeFetch(options: NodeFetchOptions = {}) {
  const { ca, cert, key, address, socketPath, unverified = false, maxSockets = 16, repeatable = false } = options
  if (ca !== undefined && !holdsCertificate(ca)) throw new Error('ca holds no certificate: nobody would be believed')
  const lookup = address === undefined ? undefined : always(address)
  const keep = { keepAlive: true, keepAliveMsecs: 15_000, timeout: 120_000, maxSockets, ...(lookup && { lookup }) }
  const agents = {
    'http:': new HttpAgent(keep),
    'https:': new HttpsAgent({ ...keep, ca, cert, key, rejectUnauthorized: !unverified }),
  }

  const ask = async (question: NodeQuestion): Promise<IncomingMessage> => {
    const { method, url, body, signal } = question
    const headers = { ...question.headers, ...(body && { 'content-length': Buffer.byteLength(body) }) }
    const options = { method, headers, signal, socketPath }
    const outgoing =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: agents['https:'] })
        : httpRequest(url, { ...options, agent: agents['http:'] })
    outgoing.end(body ?? undefined)
    try {
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
      return incoming
    } catch (error) {
      const hadEnded = outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (repeatable && hadEnded) return ask(question)
      throw error
    }
  }

  return {
    async fetch(request: Request): Promise<Response> {
      const { method, signal } = request
      const [url, headers] = [new URL(request.url), Object.fromEntries(request.headers)]
      const body = request.body && new Uint8Array(await request.arrayBuffer())
      return toResponse(await ask({ method, url, headers, body, signal }))
    },

    /** The same without `Request` and `Response`: their code takes megabytes, which a small process has no other need for. */
    ask,

    /** Ends the connections that are kept. */
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** A resolver that knows one address. */
function always(address: string): LookupFunction {
  const family = address.includes(':') ? 6 : 4
  return (_name, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family))
}

const WITHOUT_BODY = [204, 205, 304]

function toResponse(incoming: IncomingMessage): Response {
  const status = incoming.statusCode ?? 0
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  if (!WITHOUT_BODY.includes(status))
    return new Response(Readable.toWeb(incoming) as ReadableStream, { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}
