import type { BackendInput } from '../domain/backend.ts'
import { byName } from './differences.ts'

/** The backends of a document in the front's own form: a list, or an object whose `backends` is one. `null`: it is neither. */
export function backendsIn(document: unknown): BackendInput[] | null {
  const isObject = typeof document === 'object' && document !== null
  const list: unknown = isObject && 'backends' in document ? document.backends : document
  return Array.isArray(list) ? [...byName(list).values()] : null
}
