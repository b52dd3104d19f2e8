import type { Answer } from './calls.ts'
import { DataPlaneError } from './data-plane-error.ts'

/** Some empty lists are the word `null`. */
export function listOf<T>({ data, text }: Answer): T[] {
  if (data === null && (text.trim() === 'null' || text === '')) return []
  if (!Array.isArray(data)) throw new DataPlaneError('unreachable', 'An answer that is no list')
  return data
}
