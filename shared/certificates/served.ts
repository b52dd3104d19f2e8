import { coveredBy } from '../pki/names.ts'
import type { EdgeRecord } from './records.ts'

type Edge = Pick<EdgeRecord, 'name' | 'origin' | 'names' | 'notAfterMs'>

/** Served where no other fits: the front makes it unless one was uploaded in its place. */
export const DEFAULT_EDGE = 'default'

/**
 * Those that HAProxy has, so that a name has one: of two for the same name it would choose by their keys. What somebody
 * uploaded goes before what ACME brought, and both before the front's own, which leaves their names out.
 */
export function served<T extends Edge>(all: readonly T[], nowMs: number): T[] {
  const uploads = all.filter((edge) => edge.origin === 'upload' && edge.notAfterMs > nowMs)
  const isUploaded = coveredBy(uploads.flatMap(({ names }) => names))
  return all.filter(({ name, origin, names, notAfterMs }) => {
    if (name === DEFAULT_EDGE || origin === 'front') return true
    return notAfterMs > nowMs && (origin === 'upload' || !names.some(isUploaded))
  })
}

/** Whoever has no better one for these gets the front's own. */
export function leftNames(own: readonly string[], all: readonly Edge[], nowMs: number): string[] {
  const others = served(all, nowMs).filter(({ name, notAfterMs }) => name !== DEFAULT_EDGE && notAfterMs > nowMs)
  const left = own.filter((name) => !others.some(({ names }) => names.includes(name)))
  // HAProxy wants a first certificate, and a certificate wants a name.
  return left.length > 0 ? left : ['localhost']
}
