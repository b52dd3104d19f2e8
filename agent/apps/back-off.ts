const FIRST_MS = 500
const LONGEST_MS = 60_000
/** What ran so long before it ended is started again as if it had never ended before. */
const RAN_WELL_MS = 60_000

/** How often in a row something ended soon after its start. */
export const failuresAfter = (before: number, ranForMs: number): number => (ranForMs >= RAN_WELL_MS ? 1 : before + 1)

/** How long to wait before the next start. */
export const backOffMs = (failures: number): number => Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS)
