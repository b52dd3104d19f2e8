import { findProblem } from '../../lib/json-problem.ts'
import { SourceError } from '../source-error.ts'
import { type Answer, type AskOptions, ask, onSameServer, shown } from './ask.ts'
import { nextPage, type Paging } from './next-page.ts'

export interface WalkOptions extends AskOptions {
  url: URL
  paging: Paging | undefined
  /** Of all pages together. */
  maxBytes: number
  maxPages: number
}

interface Page {
  /** What to send for an answer that says nothing if nothing has changed. */
  conditions: Record<string, string>
  document: unknown
  next: URL | null
  bytes: number
}

export interface Walk {
  documents: unknown[]
  /** No page has changed since the last walk. */
  isUnchanged: boolean
  /** Of the first page. */
  headers: Headers
}

/** Reads all pages, each under the condition that it has changed. */
export function createWalk(options: WalkOptions): (signal: AbortSignal) => Promise<Walk> {
  const { url: first, paging, maxBytes, maxPages } = options
  let before = new Map<string, Page>()

  return async (signal) => {
    const pages = new Map<string, Page>()
    let leftBytes = maxBytes
    let isUnchanged = true
    let headers = new Headers()
    for (let url: URL | null = first; url !== null; ) {
      if (pages.has(url.href)) throw new SourceError(`The pages of ${shown(first)} lead in a circle`)
      if (pages.size === maxPages) throw new SourceError(`${shown(first)} has more than ${maxPages} pages (maxPages)`)
      const old = before.get(url.href)
      const answer: Answer = await ask(
        url,
        { conditions: old?.conditions ?? {}, mostBytes: leftBytes, signal },
        options,
      )
      if (pages.size === 0) headers = answer.headers
      const page: Page = answer.text === null && old ? old : toPage(answer, paging)
      if (page !== old) isUnchanged = false
      pages.set(url.href, page)
      leftBytes -= page.bytes
      url = page.next && onSameServer(page.next, answer.url, 'goes on')
    }
    before = pages
    return { documents: [...pages.values()].map(({ document }) => document), isUnchanged, headers }
  }
}

function toPage({ url, headers, text, bytes }: Answer, paging: Paging | undefined): Page {
  const document = parse(text ?? '', url)
  return { conditions: conditionsOf(headers), document, next: nextPage(paging, { url, headers, document }), bytes }
}

function parse(text: string, url: URL): unknown {
  const problem = findProblem(text)
  if (problem !== null) throw new SourceError(`The JSON of ${shown(url)} ${problem}`)
  try {
    return JSON.parse(text)
  } catch {
    throw new SourceError(`${shown(url)} answered with what is no JSON`)
  }
}

function conditionsOf(headers: Headers): Record<string, string> {
  const [etag, modified] = [headers.get('etag'), headers.get('last-modified')]
  if (etag !== null) return { 'if-none-match': etag }
  return modified === null ? {} : { 'if-modified-since': modified }
}
