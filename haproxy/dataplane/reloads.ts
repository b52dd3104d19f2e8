import type { ReloadResult } from './process/reload.ts'

interface ReloadEntry {
  id: string
  status: 'in_progress' | 'succeeded' | 'failed'
  response?: string
  reload_timestamp?: number
}

export interface Reloads {
  /** Some time soon, together with others; gives the id by which to ask how it went. */
  request(): string
  /** Now; what waits goes with it. */
  force(): Promise<ReloadResult>
  list(): ReloadEntry[]
  get(id: string): ReloadEntry | null
  stop(): void
}

export interface ReloadsOptions {
  perform: () => Promise<ReloadResult>
  /** One after the other with the changes of the configuration; what is forced comes out of such a change. */
  inTurn: (work: () => Promise<unknown>) => Promise<unknown>
  delayMs: number
  now: () => number
  onError: (error: Error) => void
}

/** How many failures are remembered. */
const MOST_FAILURES = 50

export function createReloads({ perform, inTurn, delayMs, now, onError }: ReloadsOptions): Reloads {
  let waiting: ReloadEntry | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let finished: ReloadEntry[] = []
  let running: Promise<unknown> = Promise.resolve()
  let inProgress: ReloadEntry | null = null
  let issued = { day: '', number: 0 }

  const nextId = () => {
    const day = new Date(now()).toISOString().slice(0, 10)
    issued = { day, number: issued.day === day ? issued.number + 1 : 1 }
    return `${day}-${issued.number}`
  }
  const finish = (entry: ReloadEntry, { ok, response }: ReloadResult) => {
    Object.assign(entry, { status: ok ? 'succeeded' : 'failed', response, reload_timestamp: Math.floor(now() / 1000) })
    const failures = finished.filter((each) => each.status === 'failed').slice(-MOST_FAILURES)
    finished = ok ? [...failures, entry] : [...finished.slice(-MOST_FAILURES), entry]
  }
  const run = (): Promise<ReloadResult> => {
    const result = running.then(async () => {
      clearTimeout(timer)
      const entry = waiting
      waiting = null
      inProgress = entry
      const result = await perform().catch((error: Error) => ({ ok: false, response: error.message }))
      inProgress = null
      if (entry) finish(entry, result)
      return result
    })
    running = result.catch(() => undefined)
    return result
  }
  return {
    request() {
      if (!waiting) {
        waiting = { id: nextId(), status: 'in_progress' }
        timer = setTimeout(() => void inTurn(run).catch(onError), delayMs)
      }
      return waiting.id
    },
    force: run,
    list: () => [...finished, ...[inProgress, waiting].filter((each) => each !== null)],
    get: (id) => find(id, [...finished, inProgress, waiting], issued),
    stop: () => clearTimeout(timer),
  }
}

function find(id: string, known: (ReloadEntry | null)[], issued: { day: string; number: number }): ReloadEntry | null {
  const entry = known.find((each) => each?.id === id)
  if (entry) return entry
  const day = id.slice(0, 10)
  const isPast = day < issued.day || (day === issued.day && Number(id.slice(11)) <= issued.number)
  // Like the real one: what is not remembered went well.
  return isPast ? { id, status: 'succeeded' } : null
}
