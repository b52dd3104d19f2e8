import type { IncomingMessage } from 'node:http'
import { holdsCertificate } from '../../shared/lib/holds-certificate.ts'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import type { Answer, Ask, Fetch } from './ask.ts'

export interface PinnedFetchOptions {
  /** As PEM: the CAs that are believed, and no others. `null`: those that Node knows. */
  ca: string | null
  /** Connected to instead of what the URL's name stands for. */
  address?: string | undefined
}

export interface PinnedFetch {
  fetch: Fetch
  /** Believes these from the next connection on. */
  trust(ca: string): void
  /** Ends the connections that are kept. */
  close(): void
}

/** Writes have their idempotency keys; without this each reload of HAProxy would look as if the front were away. */
const repeatable = true

/** Calls that believe the front's own CA alone, whoever else might vouch for its name. */
export function createPinnedFetch(options: PinnedFetchOptions): PinnedFetch {
  const { fetch, trust, close } = createPinned(options)
  return { fetch, trust, close }
}

export function createPinned({ ca, address }: PinnedFetchOptions): PinnedFetch & { ask: Ask } {
  let trusted = ca
  let current = createNodeFetch({ ca: ca ?? undefined, address, repeatable })
  return {
    fetch: (request) => current.fetch(request),
    ask: async (question) => answerOf(await current.ask(question)),
    trust(next) {
      if (trusted === null || next === trusted || !holdsCertificate(next)) return
      const before = current
      trusted = next
      current = createNodeFetch({ ca: next, address, repeatable })
      before.close()
    },
    close: () => current.close(),
  }
}

function answerOf(incoming: IncomingMessage): Answer {
  const header = (name: string) => incoming.headersDistinct[name.toLowerCase()]?.join(', ') ?? null
  const parts = incoming[Symbol.asyncIterator]()
  const cancel = async () => void incoming.destroy()
  return {
    status: incoming.statusCode ?? 0,
    headers: { get: header, has: (name) => header(name) !== null },
    body: { getReader: () => ({ read: () => parts.next(), cancel }), cancel },
  }
}
