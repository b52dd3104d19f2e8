import type { BackendInput } from '../../domain/backend.ts'
import { byName } from '../differences.ts'
import { backendsIn } from '../own-form.ts'
import { createPollingProvider } from '../polling-provider.ts'
import type { BackendProvider } from '../provider.ts'
import { SourceError } from '../source-error.ts'
import { mapRecords } from './map-records.ts'
import type { Mapping } from './mapping.ts'
import type { Paging } from './next-page.ts'
import { freshMs } from './waiting.ts'
import { createWalk } from './walk.ts'

export interface RestOptions {
  url: string
  /** Headers by which the source knows who asks. Asked before each request, so that a new secret holds at once. */
  authorization?: () => Promise<Record<string, string>>
  /** Without it the answer is a list of backends, or an object whose `backends` is one. */
  mapping?: Mapping | undefined
  paging?: Paging | undefined
  /** Default 10,000. */
  intervalMs?: number
  /** For all pages together. Default 10,000. */
  timeoutMs?: number
  /** Of all pages together. Default 10 MiB. */
  maxBytes?: number
  /** Default 100. */
  maxPages?: number
  fetch?: (request: Request) => Promise<Response>
  now?: () => number
}

/** Polls an HTTP endpoint. */
export function createRestProvider({
  url,
  authorization = async () => ({}),
  mapping,
  paging,
  intervalMs = 10_000,
  timeoutMs = 10_000,
  maxBytes = 10 * 1024 * 1024,
  maxPages = 100,
  fetch = (request) => globalThis.fetch(request),
  now = Date.now,
}: RestOptions): BackendProvider {
  const walk = createWalk({ url: new URL(url), authorization, paging, maxBytes, maxPages, fetch, now })
  let waitMs = 0
  let isUnderstood = false

  return createPollingProvider({
    timeoutMs,
    intervalMs: () => Math.max(intervalMs, waitMs),
    async fetch(signal) {
      waitMs = 0
      const { documents, isUnchanged, headers } = await walk(signal)
      waitMs = freshMs(headers)
      if (isUnchanged && isUnderstood) return null
      isUnderstood = false
      const backends = mapping ? mapRecords(mapping, documents) : documents.flatMap(ownBackends)
      byName(backends)
      isUnderstood = true
      return backends
    },
  })
}

function ownBackends(document: unknown): BackendInput[] {
  const backends = backendsIn(document)
  if (backends !== null) return backends
  throw new SourceError('The answer is neither a list of backends nor an object with one (backends): give a mapping')
}
