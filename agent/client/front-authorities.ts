import { X509Certificate } from 'node:crypto'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import { PLACES } from './api.ts'
import { askBy } from './ask.ts'
import { FrontError } from './front-error.ts'
import { send } from './send.ts'

const TIMEOUT_MS = 15_000

export interface FrontAddress {
  url: string
  /** Connected to instead of what the URL's name stands for. */
  address?: string | undefined
  signal?: AbortSignal
}

/** A CA as the front shows it, before anybody knows whether it is the front. */
export interface ShownAuthority {
  /** One certificate as PEM, and nothing else: what the fingerprint is of. */
  cert: string
  /** SHA-256 of the certificate, as openssl writes it. */
  fingerprint: string
  isSigning: boolean
}

/**
 * What calls itself the front says which its CAs are. Nothing proves it, so nothing secret is sent: compare a fingerprint with
 * what the administrator told, then believe that CA alone.
 */
export async function showAuthorities({ url, address, signal }: FrontAddress): Promise<ShownAuthority[]> {
  const { fetch, close } = createNodeFetch({ address, unverified: true })
  const { method, path } = PLACES.listAuthorities
  try {
    return authoritiesOf(await send(askBy(fetch), { method, url: new URL(path, url), timeoutMs: TIMEOUT_MS, signal }))
  } catch (error) {
    if (error instanceof FrontError || signal?.aborted) throw error
    throw new FrontError(`What answers at ${url} shows something else than CAs`, {
      code: 'UNEXPECTED_ANSWER',
      cause: error,
    })
  } finally {
    close()
  }
}

function authoritiesOf(answer: unknown): ShownAuthority[] {
  const { authorities = [] } = answer as { authorities?: { cert: string; isSigning: boolean }[] }
  return authorities.map(({ cert, isSigning }) => {
    // Of a text with several certificates this is the first. The others must not be believed with it, so it is written anew.
    const certificate = new X509Certificate(cert)
    return { cert: certificate.toString(), fingerprint: certificate.fingerprint256, isSigning: isSigning === true }
  })
}

const SHA_256 = /^[0-9a-f]{64}$/

/** A fingerprint, however it is written: with colons or without, in capitals or not, with openssl's words before it. */
export function plainFingerprint(text: string): string | null {
  const digits = text.replace(/^.*=/, '').replace(/[:\s]/g, '').toLowerCase()
  return SHA_256.test(digits) ? digits : null
}
