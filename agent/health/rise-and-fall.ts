/** Whether something serves, and what was seen of it last. */
export interface Judgement {
  healthy: boolean | null
  /** Good answers in a row since the last bad one, or bad ones since the last good one. */
  inARow: number
  /** Why not, in words. */
  problem: string | null
}

export const UNSEEN: Judgement = { healthy: null, inARow: 0, problem: null }

/** One answer more: a single one that is unlike the others changes nothing. The first one of all decides at once. */
export function judge(
  before: Judgement,
  problem: string | null,
  { rise, fall }: { rise: number; fall: number },
): Judgement {
  const good = problem === null
  const sameAsBefore = before.inARow > 0 && good === (before.problem === null)
  const inARow = sameAsBefore ? before.inARow + 1 : 1
  const decided = before.healthy === null || inARow >= (good ? rise : fall)
  return { healthy: decided ? good : before.healthy, inARow, problem }
}
