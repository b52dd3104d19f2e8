import { z } from 'zod'
import { textOf } from '../../targets/texts.ts'
import type { Cname } from './alias.ts'
import type { SeesText } from './provider.ts'

const TYPES = { CNAME: 5, TXT: 16 } as const
const LIMIT_MS = 5_000
const Answer = z.object({ Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]) })

/** By a resolver that answers in JSON: for a platform that can do nothing but fetch. It may remember what was there before. */
export function dohSeesText(url: string, fetch: Fetch): SeesText {
  const ask = askerOf(url, fetch)
  return async (name, value) => (await ask(name, 'TXT')).some(({ data }) => textOf(data) === value)
}

export function dohCname(url: string, fetch: Fetch): Cname {
  const ask = askerOf(url, fetch)
  return async (name) => (await ask(name, 'CNAME'))[0]?.data ?? null
}

type Fetch = (request: Request) => Promise<Response>

/** No answer is none. */
const askerOf = (url: string, fetch: Fetch) => async (name: string, type: keyof typeof TYPES) => {
  const at = new URL(url)
  at.searchParams.set('name', name)
  at.searchParams.set('type', type)
  const headers = { accept: 'application/dns-json' }
  try {
    const response = await fetch(new Request(at, { headers, signal: AbortSignal.timeout(LIMIT_MS) }))
    return Answer.parse(await response.json()).Answer.filter((record) => record.type === TYPES[type])
  } catch {
    return []
  }
}
