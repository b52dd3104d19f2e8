export type Environment = Record<string, string | undefined>

export interface Missing {
  steps: PropertyKey[]
  name: string
}

/** `$$` is a dollar sign. */
const REFERENCE = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Puts what the environment says in the place of each `${NAME}`: secrets need not stand in the file. What it lacks stays as it is written. */
export function fillIn(written: unknown, environment: Environment): { value: unknown; missing: Missing[] } {
  const missing: Missing[] = []
  const filled = (value: unknown, steps: PropertyKey[]): unknown => {
    if (typeof value === 'string') return value.replace(REFERENCE, (all, name) => said(all, name, steps))
    if (Array.isArray(value)) return value.map((item, i) => filled(item, [...steps, i]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, [...steps, name])]))
  }
  const said = (all: string, name: string | undefined, steps: PropertyKey[]): string => {
    if (name === undefined) return all === '$$' ? '$' : all
    const text = environment[name]
    if (text === undefined) missing.push({ steps, name })
    return text ?? all
  }
  return { value: filled(written, []), missing }
}
