const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** HAProxy's spelling of a time, where a bare number means milliseconds; null when it is none. */
export function parseTimeMs(text: string): number | null {
  const parts = /^(\d+)(ms|s|m|h|d)?$/.exec(text)
  return parts ? Number(parts[1]) * (UNIT_MS[parts[2] ?? 'ms'] ?? 1) : null
}

export function printTimeMs(ms: number): string {
  return ms > 0 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
