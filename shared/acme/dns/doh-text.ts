import { z } from 'zod'
import { textOf } from '../../targets/texts.ts'
import type { SeesText } from './provider.ts'

const TXT = 16
const LIMIT_MS = 5_000
const Answer = z.object({ Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]) })

/** By a resolver that answers in JSON: for a platform that can do nothing but fetch. It may remember what was there before. */
export function dohSeesText(url: string, fetch: (request: Request) => Promise<Response>): SeesText {
  return async (name, value) => {
    const at = new URL(url)
    at.searchParams.set('name', name)
    at.searchParams.set('type', 'TXT')
    const headers = { accept: 'application/dns-json' }
    try {
      const response = await fetch(new Request(at, { headers, signal: AbortSignal.timeout(LIMIT_MS) }))
      const records = Answer.parse(await response.json()).Answer.filter(({ type }) => type === TXT)
      return records.some(({ data }) => textOf(data) === value)
    } catch {
      return false
    }
  }
}
