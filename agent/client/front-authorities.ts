import { X509Certificate } from 'node:crypto'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import type { Authority, Calls } from './api.ts'
import { PLACES } from './api.ts'
import { send } from './send.ts'

const TIMEOUT_MS = 15_000

export interface FrontAddress {
  url: string
  /** Connected to instead of what the URL's name stands for. */
  address?: string | undefined
  signal?: AbortSignal
}

/** A CA as the front shows it, before anybody knows whether it is the front. */
export interface ShownAuthority extends Authority {
  /** SHA-256 of the certificate, as openssl writes it. */
  fingerprint: string
}

/**
 * What calls itself the front says which its CAs are. Nothing proves it, so nothing secret is sent: compare a fingerprint with
 * what the administrator told, then believe that CA alone.
 */
export async function showAuthorities({ url, address, signal }: FrontAddress): Promise<ShownAuthority[]> {
  const { fetch, close } = createNodeFetch({ address, unverified: true })
  const { method, path } = PLACES.listAuthorities
  try {
    const answer = (await send(fetch, { method, url: new URL(path, url), timeoutMs: TIMEOUT_MS, signal })) as Partial<
      Calls['listAuthorities']['gives']
    >
    const { authorities = [] } = answer ?? {}
    return authorities.map((authority) => ({
      ...authority,
      fingerprint: new X509Certificate(authority.cert).fingerprint256,
    }))
  } finally {
    close()
  }
}

/** However it is written: with colons or without, in capitals or not, with openssl's words before it. */
export function isFingerprint(given: string, fingerprint: string): boolean {
  const plain = (text: string) =>
    text
      .replace(/^.*=/, '')
      .replace(/[^0-9a-f]/gi, '')
      .toLowerCase()
  return plain(given) === plain(fingerprint)
}
