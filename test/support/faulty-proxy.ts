import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** One request that came through, for the test to do with it what a network may do. */
export interface Exchange {
  method: string
  path: string
  body: string
  /** Hands the request on, and resolves when the target has carried it out and begins to answer. */
  forward(): Promise<IncomingMessage>
  /** Hands an answer back, as it comes. */
  answer(from: IncomingMessage): void
  /** Answers in the target's place. */
  fail(status: number): void
  /** Breaks the connection, without an answer. */
  cut(): void
}

export type Behaviour = (exchange: Exchange) => void | Promise<void>

export const pass: Behaviour = async ({ forward, answer }) => answer(await forward())
export const cutBefore: Behaviour = ({ cut }) => cut()
export const cutAfter: Behaviour = async ({ forward, cut }) => {
  await forward()
  cut()
}
export const hang: Behaviour = () => {}
export const outOfOrder: Behaviour = ({ fail }) => fail(500)
/** Breaks it off in the middle of the answer. */
export const cutInside: Behaviour = async ({ forward, answer, cut }) => {
  const from = await forward()
  from.once('data', () => setImmediate(cut))
  from.headers['content-length'] = '1000000'
  answer(from)
}

/** An HTTP proxy on loopback, until the test is over. Returns its URL. */
export async function faultyProxy(target: string, behaviour: Behaviour): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming)
    try {
      await behaviour(toExchange(target, incoming, outgoing, body))
    } catch {
      outgoing.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function toExchange(target: string, incoming: IncomingMessage, outgoing: ServerResponse, body: string): Exchange {
  const [method, path] = [incoming.method as string, incoming.url as string]
  return {
    method,
    path,
    body,
    async forward() {
      const upstream = request(target + path, { method, headers: incoming.headers })
      outgoing.once('close', () => upstream.destroy())
      upstream.end(body)
      const [answer] = (await once(upstream, 'response')) as [IncomingMessage]
      return answer
    },
    answer(from) {
      outgoing.writeHead(from.statusCode as number, from.headers)
      from.on('error', () => outgoing.destroy())
      from.pipe(outgoing)
    },
    fail(status) {
      outgoing.writeHead(status, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify({ code: status, message: 'out of order' }))
    },
    cut() {
      incoming.socket.destroy()
    },
  }
}
