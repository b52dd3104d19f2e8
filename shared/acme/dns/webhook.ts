import { signatureOf } from '../../lib/signature.ts'
import { AcmeProblem } from '../problem.ts'
import type { DnsProvider } from './provider.ts'

export interface WebhookDnsOptions {
  url: string
  /** What its calls are signed with. */
  secret: string
  fetch: (request: Request) => Promise<Response>
  now: () => number
}

const LIMIT_MS = 30_000

/** `POST {"action": "set" | "remove", "name": …, "value": …}` with `x-front-signature`, to be answered with 2xx. */
export function webhookDns({ url, secret, fetch, now }: WebhookDnsOptions): DnsProvider {
  const tell = async (action: 'set' | 'remove', name: string, value: string, signal: AbortSignal) => {
    const body = JSON.stringify({ action, name, value })
    const signature = await signatureOf(body, { secret, nowMs: now() })
    const headers = { 'content-type': 'application/json', 'x-front-signature': signature }
    const ends = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const { ok, status } = await fetch(new Request(url, { method: 'POST', headers, body, signal: ends }))
    if (!ok) throw new AcmeProblem('dnsProvider', `The webhook for DNS records answered ${status}`)
  }
  return {
    set: (name, value, signal) => tell('set', name, value, signal),
    remove: (name, value, signal) => tell('remove', name, value, signal),
  }
}
