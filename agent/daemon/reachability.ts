import type { Ask } from '../client/ask.ts'
import { inPlaceOfFront } from '../client/in-place-of-front.ts'
import { whyUnreachable } from '../client/why-unreachable.ts'
import type { Status } from './status.ts'

export interface Reachability {
  /** Its calls tell whether the front is there. */
  ask: Ask
  /**
   * What its clock says: it signs the certificates, and its HAProxy sees whether they are good, however this machine's clock
   * goes. Until it has answered, this machine's.
   */
  frontNow(): number
  readonly report: Omit<Status['front'], 'url' | 'shutOut'>
}

interface Options {
  ask: Ask
  now: () => number
  /** Milliseconds that nobody sets. */
  elapsed: () => number
  /** Once for each time that it goes, and comes. */
  told(reachable: boolean, error: string | null): void
}

/** Whether the front answers, since when, and how far this machine's clock is from its own. */
export function watchReachability({ ask, now, elapsed, told }: Options): Reachability {
  let reachable: boolean | null = null
  let since = now()
  let lastError: string | null = null
  let heard: { theirsMs: number; atMs: number; clockAheadMs: number } | null = null

  const note = (is: boolean, error: string | null) => {
    lastError = error
    if (is === reachable) return
    if (reachable !== null || !is) told(is, error)
    reachable = is
    since = now()
  }
  return {
    async ask(question) {
      const { url, signal } = question
      try {
        const answer = await ask(question)
        const instead = inPlaceOfFront(answer, url)
        if (instead !== null) {
          note(false, instead)
          return answer
        }
        const theirs = Date.parse(answer.headers.get('date') ?? '')
        if (!Number.isNaN(theirs)) heard = { theirsMs: theirs, atMs: elapsed(), clockAheadMs: now() - theirs }
        note(true, null)
        return answer
      } catch (error) {
        if (!signal?.aborted || (signal.reason as Error)?.name === 'TimeoutError')
          note(false, whyUnreachable(url, error).sentence)
        throw error
      }
    },
    frontNow: () => (heard ? heard.theirsMs + elapsed() - heard.atMs : now()),
    get report() {
      const clockAheadMs = heard?.clockAheadMs ?? null
      return { reachable: reachable === true, since: new Date(since).toISOString(), lastError, clockAheadMs }
    },
  }
}
