const UNITS: [name: string, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** In the largest unit of which there are two, so that nothing important is rounded away. */
function span(ms: number): string {
  const [name, unit] = UNITS.find(([, each]) => ms >= 2 * each) ?? ['second', 1_000]
  const count = Math.max(0, Math.floor(ms / unit))
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

export const ago = (at: string, nowMs: number): string => `${span(nowMs - Date.parse(at))} ago`
export const lasting = (since: string, nowMs: number): string => span(nowMs - Date.parse(since))
export const ahead = (at: string, nowMs: number): string => span(Date.parse(at) - nowMs)
