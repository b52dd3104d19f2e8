/**
 * Where in the store's history an event stands: `42` is behind all that commit 42 changed, `42.3` behind the third of
 * several things. So whoever has seen an event can go on from it at any front of the same store.
 */
export interface Place {
  revision: number
  /** How many events of this revision lie before it. Infinity: all. */
  part: number
}

const ID = /^(0|[1-9]\d{0,14})(?:\.([1-9]\d{0,5}))?$/

export function parsePlace(id: string): Place | null {
  const [, revision, part] = ID.exec(id) ?? []
  if (revision === undefined) return null
  return { revision: Number(revision), part: part === undefined ? Number.POSITIVE_INFINITY : Number(part) }
}

export const formatPlace = ({ revision, part }: Place): string =>
  part === Number.POSITIVE_INFINITY ? String(revision) : `${revision}.${part}`

export const behind = (revision: number): Place => ({ revision, part: Number.POSITIVE_INFINITY })

export const isBefore = (one: Place, other: Place): boolean =>
  one.revision < other.revision || (one.revision === other.revision && one.part < other.part)

/** The revision from which a watch tells everything that comes behind the place. */
export const watchFrom = ({ revision, part }: Place): number =>
  part === Number.POSITIVE_INFINITY ? revision : revision - 1
