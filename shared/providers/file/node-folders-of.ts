import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, parse, resolve, sep } from 'node:path'

const MOST_LINKS = 40

/** The folders in which a change of one of these names changes what a path leads to: its own, and those of all links on the way. */
export function foldersOf(path: string): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>()
  const add = (place: string) => {
    const names = folders.get(dirname(place)) ?? new Set()
    folders.set(dirname(place), names.add(place.slice(place.lastIndexOf(sep) + 1)))
  }
  let left = namesOf(resolve(path))
  let at = parse(resolve(path)).root
  for (let links = 0; left.length > 0; ) {
    const [name = '', ...rest] = left
    const place = resolve(at, name)
    const kind = kindOf(place)
    const target = kind === 'link' && links++ < MOST_LINKS ? resolve(at, readlinkSync(place)) : null
    // What is missing may come, and then all that is behind it.
    if (target !== null || kind === 'missing' || rest.length === 0) add(place)
    if (kind === 'missing') break
    left = target === null ? rest : [...namesOf(target), ...rest]
    at = target === null ? place : parse(target).root
  }
  return folders
}

const namesOf = (path: string): string[] => path.slice(parse(path).root.length).split(sep).filter(Boolean)

function kindOf(place: string): 'link' | 'missing' | 'other' {
  const stats = lstatSync(place, { throwIfNoEntry: false })
  if (!stats) return 'missing'
  return stats.isSymbolicLink() ? 'link' : 'other'
}
