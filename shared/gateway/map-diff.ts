import type { MapEntry } from '../dataplane/models.ts'

/** What has to be done to a map that runs. */
export interface MapDiff {
  /** Keys that are not there. */
  add: MapEntry[]
  change: MapEntry[]
  remove: string[]
}

export type MapContent = ReadonlyMap<string, string>

/** Only for these keys, where a value that is undefined shall not be there. */
export function diffKeys(
  keys: Iterable<string>,
  desired: (key: string) => string | undefined,
  actual: MapContent,
): MapDiff {
  const diff: MapDiff = { add: [], change: [], remove: [] }
  for (const key of keys) {
    const [value, known] = [desired(key), actual.get(key)]
    if (value === known) continue
    if (value === undefined) diff.remove.push(key)
    else if (known === undefined) diff.add.push({ key, value })
    else diff.change.push({ key, value })
  }
  return diff
}

export function diffMaps(desired: MapContent, actual: MapContent): MapDiff {
  const keys = new Set(desired.keys())
  for (const key of actual.keys()) keys.add(key)
  return diffKeys(keys, (key) => desired.get(key), actual)
}

export const sizeOf = ({ add, change, remove }: MapDiff): number => add.length + change.length + remove.length

/** As a file. A map file that HAProxy loads may be empty, but the API does not take an empty one. */
export function printMap(content: MapContent): string {
  if (content.size === 0) return '# empty\n'
  let text = ''
  for (const [key, value] of content) text += `${key} ${value}\n`
  return text
}

/** What printMap has written. */
export const readMap = (text: string): MapContent =>
  new Map([...text.matchAll(/^(?!#)(\S+) (.*)$/gm)].map(([, key = '', value = '']) => [key, value]))
