import { AppError } from '../errors.ts'

/** Does the work when it is its turn, or refuses it with TOO_MANY_REQUESTS. */
export type FewAtOnce = <T>(work: () => Promise<T>) => Promise<T>

export interface FewAtOnceOptions {
  /** Default 2: Node computes on four threads, and every signature and hash needs one of them too. */
  atOnce?: number
  /** How many may wait for their turn. Default 16: the last of them waits well under a second. */
  waiting?: number
}

const RETRY_AFTER_SECONDS = 1

/** For computations that are expensive on purpose: a flood of them is refused, and the rest of the front goes on. */
export function fewAtOnce({ atOnce = 2, waiting = 16 }: FewAtOnceOptions = {}): FewAtOnce {
  const queue: (() => void)[] = []
  let running = 0

  const takeTurn = (): Promise<void> => {
    if (running < atOnce) {
      running += 1
      return Promise.resolve()
    }
    if (queue.length >= waiting) throw tooMany()
    return new Promise((resolve) => queue.push(resolve))
  }

  /** Whoever waited longest takes the turn over, so that nobody new can slip in between. */
  const endTurn = (): void => {
    const next = queue.shift()
    if (next) next()
    else running -= 1
  }

  return async (work) => {
    await takeTurn()
    try {
      return await work()
    } finally {
      endTurn()
    }
  }
}

const tooMany = () =>
  new AppError('TOO_MANY_REQUESTS', 'Too many keys are being checked at this moment: try again in a second', {
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
