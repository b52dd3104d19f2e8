import type { Log } from '../log/log.ts'

interface Repair {
  at: string
  what: string
  why: string
}

/** What was found other than it had been left, and put right. */
export interface Repairs {
  add(what: string[], why: string): void
  readonly count: number
  readonly last: Repair | null
}

const MOST_NAMED = 5

export function createRepairs({ node, log, now }: { node: string; log: Log; now: () => number }): Repairs {
  let count = 0
  let last: Repair | null = null
  return {
    add(what, why) {
      if (what.length === 0) return
      const more = what.length > MOST_NAMED ? ` and ${what.length - MOST_NAMED} more` : ''
      last = { at: new Date(now()).toISOString(), what: what.slice(0, MOST_NAMED).join(', ') + more, why }
      count += what.length
      log.warn(`Put right on ${node}: ${last.what}`, { node, why })
    },
    get count() {
      return count
    },
    get last() {
      return last
    },
  }
}
