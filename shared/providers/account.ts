import type { Log } from '../log/log.ts'
import { conceal, redactText } from '../log/redact.ts'

type ProviderCondition = 'starting' | 'running' | 'failing' | 'stopped'

/** A backend that was not taken, and why. Its last state holds. */
interface Refusal {
  name: string
  reason: string
}

/** How a provider is, and what is said of it in the log: once for each change, not for each try. */
export interface Account {
  readonly condition: ProviderCondition
  readonly lastPollAt: string | null
  /** Of the source, or else of the store. */
  readonly lastError: string | null
  readonly nextTryAt: string | null
  /** How many there are, and the first of them. */
  readonly refused: { count: number; first: Refusal[] }
  /** `trouble`: what could not be understood. The rest holds. */
  succeeded(trouble?: string): void
  failed(error: unknown, againInMs: number | undefined): void
  /** What the provider told could not be written. */
  stuck(error: unknown, againInMs: number): void
  unstuck(): void
  refuse(name: string, reason: string): void
  accept(name: string): void
  /** Of these alone may anything be refused still. */
  keepRefused(names: ReadonlySet<string>): void
  isRefused(name: string): boolean
  stopped(): void
}

const MOST_SHOWN = 100
const MOST_CHARACTERS = 500

export interface AccountOptions {
  name: string
  log: Log
  now: () => number
  /** Secrets that its settings hold: they are in no sentence. */
  secrets: readonly string[]
}

export function createAccount({ name, log, now, secrets }: AccountOptions): Account {
  let source: { condition: ProviderCondition; error: string | null } = { condition: 'starting', error: null }
  let store: string | null = null
  let lastPollAt: string | null = null
  let nextTryAt: string | null = null
  const refused = new Map<string, string>()

  const at = (ms: number) => new Date(ms).toISOString()
  const shown = (text: string) => redactText(conceal(text, secrets)).slice(0, MOST_CHARACTERS)
  const told = (error: unknown) => shown(error instanceof Error ? error.message : String(error))
  const againAt = (inMs: number | undefined) => (inMs === undefined ? null : at(now() + inMs))

  return {
    get condition() {
      return source.condition === 'running' && store !== null ? 'failing' : source.condition
    },
    get lastPollAt() {
      return lastPollAt
    },
    get lastError() {
      return source.error ?? store
    },
    get nextTryAt() {
      return nextTryAt
    },
    get refused() {
      const first = [...refused].slice(0, MOST_SHOWN).map(([each, reason]) => ({ name: each, reason }))
      return { count: refused.size, first }
    },
    succeeded(trouble) {
      if (source.condition === 'failing') log.info('A provider tells its backends again', { provider: name })
      const sentence = trouble === undefined ? null : told(trouble)
      if (sentence !== null && sentence !== source.error)
        log.warn('A provider does not understand a part of its source', { provider: name, why: sentence })
      source = { condition: 'running', error: sentence }
      lastPollAt = at(now())
      if (store === null) nextTryAt = null
    },
    failed(error, againInMs) {
      const sentence = told(error)
      if (source.error !== sentence)
        log.warn('A provider cannot tell its backends: the last that it told stay', { provider: name, why: sentence })
      source = { condition: 'failing', error: sentence }
      nextTryAt = againAt(againInMs)
    },
    stuck(error, againInMs) {
      const sentence = told(error)
      if (store !== sentence)
        log.error('Could not keep what a provider told: it is tried again', { provider: name, why: sentence })
      store = sentence
      nextTryAt = againAt(againInMs)
    },
    unstuck() {
      if (store === null) return
      log.info('What a provider told is kept again', { provider: name })
      store = null
      nextTryAt = null
    },
    refuse(backend, reason) {
      const sentence = shown(reason)
      if (refused.get(backend) === sentence) return
      refused.set(backend, sentence)
      log.warn('A backend was not taken: its last state stays', { provider: name, backend, why: sentence })
    },
    accept(backend) {
      refused.delete(backend)
    },
    keepRefused(names) {
      for (const each of refused.keys()) if (!names.has(each)) refused.delete(each)
    },
    isRefused: (backend) => refused.has(backend),
    stopped() {
      source = { condition: 'stopped', error: source.error }
      nextTryAt = null
    },
  }
}
