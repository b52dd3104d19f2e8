import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** Clients that ask without end, each the next question after the answer to the last. */
export interface Load {
  name: string
  /** Answers that were right. */
  good(): number
  /** What went wrong, in words. */
  failures: string[]
  /** Resolves after so many more right answers; rejects where hardly any comes. */
  more(count: number): Promise<void>
  /** Resolves when all that was asked is answered. */
  stop(): Promise<void>
}

export interface Client {
  /** Asks once, and throws unless the answer is right. */
  ask(): Promise<void>
  close(): void
}

export interface LoadOptions {
  name: string
  clients: number
  /** Between an answer and the next question: the machine has other work too. */
  pauseMs?: number
  /** A client is made again after a failure. */
  connect: (client: number) => Client | Promise<Client>
}

const MOST_FAILURES = 500

export function startLoad({ name, clients, pauseMs = 5, connect }: LoadOptions): Load {
  const failures: string[] = []
  const waiting = new Set<() => void>()
  let [good, stopped] = [0, false]

  const run = async (index: number) => {
    let client: Client | null = null
    while (!stopped) {
      try {
        client ??= await connect(index)
        await client.ask()
        good++
        for (const look of waiting) look()
      } catch (error) {
        if (failures.length < MOST_FAILURES) failures.push(`${name}: ${describe(error)}`)
        for (const look of waiting) look()
        client?.close()
        client = null
      }
      await sleep(pauseMs)
    }
    client?.close()
  }

  const running = Array.from({ length: clients }, (_, index) => run(index))
  const stop = async () => {
    stopped = true
    await Promise.all(running)
  }
  onTestFinished(stop)
  const more = (count: number) => {
    const enough = good + count
    return new Promise<void>((resolve, reject) => {
      const look = () => {
        const isHopeless = failures.length >= MOST_FAILURES
        if (good < enough && !isHopeless) return
        waiting.delete(look)
        if (isHopeless) reject(new Error(`nearly nothing gets through: ${failures[0]}`))
        else resolve()
      }
      waiting.add(look)
    })
  }
  return { name, good: () => good, failures, more, stop }
}

const describe = (error: unknown): string =>
  error instanceof Error
    ? `${new Date().toISOString()} ${(error as { code?: string }).code ?? ''} ${error.message}`
    : String(error)
