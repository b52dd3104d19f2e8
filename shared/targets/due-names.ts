import { AppError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { NameAnswers, Targets } from './targets.ts'

/** However short their TTLs are, names are not asked more often, nor seldomer, however long. */
const TTL_SECONDS = { least: 15, most: 3_600 }
/** Where nobody could say: soon again. */
const RETRY_SECONDS = 30

/** The names of targets, each asked again when its time is over. */
export interface DueNames {
  /** Whether it is worth to look at all. */
  isDue(): boolean
  /** Of all names that there are, the answers of those whose time is over. */
  ask(names: readonly string[]): Promise<NameAnswers>
}

export interface DueNamesOptions {
  targets: Pick<Targets, 'resolve'>
  log: Log
  now: () => number
}

export function createDueNames({ targets, log, now }: DueNamesOptions): DueNames {
  const dueMs = new Map<string, number>()
  let lookedMs = Number.NEGATIVE_INFINITY

  /** Also where the clock was set back so far that it would never have been said. */
  const isOver = (name: string) => {
    const leftMs = (dueMs.get(name) ?? 0) - now()
    return leftMs <= 0 || leftMs > TTL_SECONDS.most * 1_000
  }

  const noteDue = (answers: NameAnswers) => {
    for (const [name, answer] of answers) {
      const seconds =
        answer instanceof AppError
          ? RETRY_SECONDS
          : Math.min(Math.max(answer.ttlSeconds, TTL_SECONDS.least), TTL_SECONDS.most)
      dueMs.set(name, now() + seconds * 1_000)
      if (answer instanceof AppError) log.warn('A target’s name keeps its address: it could not be resolved', { name })
    }
  }

  const forgetOthers = (names: ReadonlySet<string>) => {
    for (const name of dueMs.keys()) if (!names.has(name)) dueMs.delete(name)
  }

  return {
    isDue() {
      const sinceMs = now() - lookedMs
      if (sinceMs >= 0 && sinceMs < TTL_SECONDS.least * 1_000) return false
      lookedMs = now()
      return true
    },
    async ask(names) {
      forgetOthers(new Set(names))
      const answers = await targets.resolve(names.filter(isOver))
      noteDue(answers)
      return answers
    },
  }
}

/** Whether a name stands for others than the address that is used. */
export function hasMoved(name: string, address: string, answers: NameAnswers): boolean {
  const answer = answers.get(name)
  return answer !== undefined && !(answer instanceof AppError) && !answer.addresses.includes(address)
}
