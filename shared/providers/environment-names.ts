/** What a text of the file stands for: `${NAME}` is what the environment says, `$${NAME}` is itself. */
export interface Expanded {
  value: unknown
  /** What came out of the environment: it may be secret. */
  secrets: string[]
  /** Which names nobody has set, and where they stand. */
  missing: { path: PropertyKey[]; name: string }[]
}

const REFERENCE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

export function expandEnvironment(value: unknown, env: { readonly [name: string]: string | undefined }): Expanded {
  const secrets = new Set<string>()
  const missing: Expanded['missing'] = []

  const expand = (inner: unknown, path: PropertyKey[]): unknown => {
    if (typeof inner === 'string') return expandText(inner, path)
    if (Array.isArray(inner)) return inner.map((each, i) => expand(each, [...path, i]))
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([name, each]) => [name, expand(each, [...path, name])]))
  }
  const expandText = (text: string, path: PropertyKey[]) =>
    text.replace(REFERENCE, (reference, name: string) => {
      if (reference.startsWith('$$')) return reference.slice(1)
      const found = env[name]
      if (!found) missing.push({ path, name })
      else secrets.add(found)
      return found ?? ''
    })
  return { value: expand(value, []), secrets: [...secrets], missing }
}
