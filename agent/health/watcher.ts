import { sleep } from '../../shared/lib/sleep.ts'
import { type Judgement, judge, UNSEEN } from './rise-and-fall.ts'

export interface WatcherOptions {
  /** Asks once: null, or why it does not serve. */
  ask: () => Promise<string | null>
  pace: { intervalMs: number; rise: number; fall: number }
  /** It is judged otherwise than before. */
  changed(judgement: Judgement): void
}

export interface Watcher {
  judgement(): Judgement
  stop(): Promise<void>
}

/** Asks again and again. */
export function createWatcher({ ask, pace, changed }: WatcherOptions): Watcher {
  const stopping = new AbortController()
  const { signal } = stopping
  let judgement = UNSEEN

  const once = async () => {
    const problem = await ask()
    if (signal.aborted) return
    const { healthy } = judgement
    judgement = judge(judgement, problem, pace)
    if (judgement.healthy !== healthy) changed(judgement)
  }
  const watch = async () => {
    for (; !signal.aborted; await sleep(pace.intervalMs, signal)) await once()
  }
  const done = watch()
  return {
    judgement: () => judgement,
    async stop() {
      stopping.abort()
      await done
    },
  }
}
