import type { Upstream } from '../config/upstream.ts'
import { keyOf } from './key-of.ts'

/** What runs where at the moment. */
export interface Usage {
  /** Gives what to call, once, when it is over. */
  begin(upstream: Upstream): () => void
  /** When nothing runs there any more, or the signal is aborted. */
  drained(upstream: Upstream, signal: AbortSignal): Promise<void>
}

export function createUsage(): Usage {
  const running = new Map<string, number>()
  const waiting = new Map<string, Set<() => void>>()

  const end = (key: string) => {
    const left = (running.get(key) ?? 1) - 1
    if (left > 0) return running.set(key, left)
    running.delete(key)
    for (const done of waiting.get(key) ?? []) done()
  }

  return {
    begin(upstream) {
      const key = keyOf(upstream)
      running.set(key, (running.get(key) ?? 0) + 1)
      let isOver = false
      return () => {
        if (!isOver) end(key)
        isOver = true
      }
    },

    drained(upstream, signal) {
      const key = keyOf(upstream)
      if (!running.has(key) || signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const those = waiting.get(key) ?? new Set()
        const done = () => {
          those.delete(done)
          if (those.size === 0) waiting.delete(key)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.set(key, those.add(done))
        signal.addEventListener('abort', done)
      })
    },
  }
}
