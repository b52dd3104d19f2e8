import { holdsCertificate } from '../../shared/lib/holds-certificate.ts'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import type { Fetch } from './send.ts'

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
export function createPinnedFetch({ ca, address }: PinnedFetchOptions): PinnedFetch {
  let trusted = ca
  let current = createNodeFetch({ ca: ca ?? undefined, address, repeatable })
  return {
    fetch: (request) => current.fetch(request),
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
