/** The value that the share of all values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: number[]): number => percentile(values, 0.5)

/** Round by round beside the first contestant's, so that a slow moment of the machine hits both; the median of those. */
export function ratioByRound(own: number[][], first: number[][]): number {
  return median(own.map((round, i) => median(round) / median(first[i] ?? [])))
}

export const ms = (value: number): string => `${value.toFixed(value < 100 ? 2 : 0)} ms`
export const seconds = (valueMs: number): string => `${(valueMs / 1_000).toFixed(2)} s`
export const ratio = (value: number): string => `${value.toFixed(2)} ×`
export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Rows under their headings: the first column is words, the others are figures. */
export function printTable(title: string, headings: string[], rows: string[][]): void {
  const lines = [headings, ...rows].map((cells) =>
    cells.map((cell, i) => (i === 0 ? `  ${cell.padEnd(44)}` : cell.padStart(13))).join(''),
  )
  process.stdout.write(`${title}\n${lines.join('\n')}\n\n`)
}

export const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`)
