import { checkKey, type KeyChecking, type StoredKey } from './agent-key.ts'

export type CheckKey = (key: string, stored: StoredKey | null) => Promise<boolean>

const KEPT_MS = 60_000
const MOST = 1_000

/**
 * A chosen key that was right is not stretched again for a minute: an agent that shows it with each call would otherwise
 * take the slow computations from all others. What is remembered is a keyed hash, and ends with the stored key.
 */
export function rememberingKeys(checking: KeyChecking, now: () => number): CheckKey {
  const rightUntilMs = new Map<string, number>()
  return async (key, stored) => {
    if (stored?.kind !== 'chosen') return checkKey(key, stored, checking)
    const id = await checking.hash('known-key', `${stored.hash} ${key}`)
    if ((rightUntilMs.get(id) ?? 0) > now()) return true
    const isRight = await checkKey(key, stored, checking)
    if (isRight) {
      if (rightUntilMs.size >= MOST) rightUntilMs.clear()
      rightUntilMs.set(id, now() + KEPT_MS)
    }
    return isRight
  }
}
