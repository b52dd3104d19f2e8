import { readAtMost } from '../lib/read-at-most.ts'
import { type Bytes, toBase64 } from '../pki/bytes.ts'
import { OcspProblem } from '../pki/ocsp/problem.ts'

const ANSWER_LIMIT_MS = 5_000
/** What HAProxy takes by its socket, where it is written as base64. */
const MOST_BYTES = 8_192

export interface AskResponder {
  fetch: (request: Request) => Promise<Response>
  signal: AbortSignal
}

/** One GET, which the responder's caches may answer (RFC 5019 5); its redirects lead nowhere. */
export async function askResponder(responder: string, request: Bytes, { fetch, signal }: AskResponder): Promise<Bytes> {
  const url = `${responder.replace(/\/$/, '')}/${encodeURIComponent(toBase64(request))}`
  const { host } = new URL(responder)
  const ends = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)])
  try {
    const headers = { accept: 'application/ocsp-response' }
    const response = await fetch(new Request(url, { headers, signal: ends, redirect: 'manual' }))
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new OcspProblem(`${host} answered ${response.status}`)
    }
    const answer = await readAtMost(response, MOST_BYTES)
    if (answer === null) throw new OcspProblem(`${host} answered with more than ${MOST_BYTES} bytes`)
    return answer
  } catch (cause) {
    if (cause instanceof OcspProblem) throw cause
    throw new OcspProblem(`${host} cannot be reached`, { cause })
  }
}
