/** Side by side: each round measures all contestants in turn, so that a slow moment of the machine hits all of them. */
export interface Contestant {
  name: string
  /** Runs the work once, and says how long one operation took. */
  round(): Promise<number> | number
}

export interface Result {
  name: string
  medianMicros: number
  /** To the first contestant, round by round; the median of those. */
  ratio: number
}

export async function compare(contestants: Contestant[], rounds = 21): Promise<Result[]> {
  const micros: number[][] = contestants.map(() => [])
  // The first rounds are warm-up.
  for (let round = -3; round < rounds; round++) {
    for (const [i, { round: measure }] of contestants.entries()) {
      const took = await measure()
      if (round >= 0) micros[i]?.push(took)
    }
  }
  const [first = []] = micros
  return contestants.map(({ name }, i) => {
    const own = micros[i] ?? []
    return { name, medianMicros: median(own), ratio: median(own.map((each, round) => each / (first[round] as number))) }
  })
}

/** Microseconds that one of `count` operations took. */
export async function microsEach(count: number, operation: (i: number) => unknown): Promise<number> {
  const startMs = performance.now()
  for (let i = 0; i < count; i++) await operation(i)
  return ((performance.now() - startMs) * 1_000) / count
}

export function print(title: string, results: Result[]): void {
  const rows = results.map(
    ({ name, medianMicros, ratio }) =>
      `  ${name.padEnd(34)}${medianMicros.toFixed(1).padStart(12)} µs${ratio.toFixed(2).padStart(8)}`,
  )
  process.stdout.write(`${title}\n${rows.join('\n')}\n\n`)
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}
