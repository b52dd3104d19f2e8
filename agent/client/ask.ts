import type { ByteStream } from '../../shared/lib/read-lines.ts'

/** As the global one, for those who need it to believe another CA. */
export type Fetch = (request: Request) => Promise<Response>

/** How questions are asked: by a `Fetch`, or by something that takes less memory. */
export type Ask = (question: Question) => Promise<Answer>

interface Question {
  method: string
  url: URL
  headers: Record<string, string>
  body: string | null
  signal: AbortSignal | undefined
}

/** What is read of an answer: a `Response` has it. */
export interface Answer {
  status: number
  headers: Pick<Headers, 'get' | 'has'>
  body: ByteStream | null
}

export const askBy =
  (fetch: Fetch): Ask =>
  ({ url, signal, ...question }) =>
    fetch(new Request(url, { ...question, redirect: 'manual', ...(signal && { signal }) }))
