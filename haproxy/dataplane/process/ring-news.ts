export interface RingNews {
  lines: string[]
  /** What is known to have come and gone before it was read. */
  missed: number
  /** The end of what was read, by which it is found again. */
  mark: string
}

/** HAProxy's own words, in place of lines for which the ring had no room. */
const DROPPED = /^(\d+) events? dropped$/

/** What is behind the mark in all that a ring holds; without a mark, all of it. */
export function newsIn(text: string, mark: string): RingNews {
  const at = mark === '' ? -1 : text.lastIndexOf(mark)
  const all = (at < 0 ? text : text.slice(at + mark.length)).split('\n').filter(Boolean)
  if (all.length === 0) return { lines: [], missed: 0, mark }
  const lines = all.filter((line) => !DROPPED.test(line))
  const isLost = mark !== '' && at < 0
  const dropped = all.reduce((sum, line) => sum + Number(DROPPED.exec(line)?.[1] ?? 0), 0)
  const missed = isLost ? between(mark, lines.at(-1) ?? '') - lines.length : dropped
  return { lines, missed: Math.max(missed, 0), mark: text.slice(text.lastIndexOf('\n{') + 1) }
}

/** HAProxy numbers its requests as they begin, and logs them as they end: so this is about right. */
function between(before: string, after: string): number {
  const [first, last] = [numberIn(before), numberIn(after)]
  return first === null || last === null ? 0 : last - first
}

function numberIn(line: string): number | null {
  const digits = /^\{"n":"(\d+)"/.exec(line)?.[1]
  return digits === undefined ? null : Number(digits)
}
