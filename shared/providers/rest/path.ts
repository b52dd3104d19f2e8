/** Where something stands in a JSON document: `$.services[*]`, `data.items`, `meta['next page']`, `tags[0]`; `$` is all of it. */
type Step = { key: string } | { index: number } | 'all'
export type Path = Step[]

const STEP = /(?<dot>\.?)(?<key>[A-Za-z_][\w-]*)|\[(?<index>\d{1,9}|\*)\]|\[(?<quote>['"])(?<quoted>[^'"]*)\k<quote>\]/y

/** `null`: it is no path. */
export function parsePath(text: string): Path | null {
  const start = /^[$@]/.test(text) ? 1 : 0
  const path: Path = []
  for (let at = start; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at
    const groups = STEP.exec(text)?.groups
    if (!groups || (groups.key !== undefined && (groups.dot === '.') === (at === 0))) return null
    path.push(toStep(groups))
  }
  return text === '' ? null : path
}

function toStep({ key, index, quoted = '' }: Record<string, string | undefined>): Step {
  if (index !== undefined) return index === '*' ? 'all' : { index: Number(index) }
  return { key: key ?? quoted }
}

/** All that stands there; nothing where there is no such place. */
export const select = (path: Path, document: unknown): unknown[] =>
  path.reduce<unknown[]>((values, step) => values.flatMap((value) => take(step, value)), [document])

function take(step: Step, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if (step === 'all') return Object.values(value)
  const name = 'key' in step ? step.key : String(step.index)
  const found = 'key' in step === Array.isArray(value) || !Object.hasOwn(value, name) ? [] : [Reflect.get(value, name)]
  return found.filter((each) => each !== undefined)
}
