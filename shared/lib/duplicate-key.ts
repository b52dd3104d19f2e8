const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g

/** The first name that stands twice in one object of a valid JSON text, or null. JSON.parse would keep the last, silently. */
export function findDuplicateKey(text: string): string | null {
  /** One set of names for each object that is open, null for each list. */
  const open: (Set<string> | null)[] = []
  let name: string | null = null
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const names = open.at(-1)
      if (name === null || !names) continue
      if (names.has(name)) return name
      names.add(name)
    }
    name = token.startsWith('"') ? JSON.parse(token) : null
  }
  return null
}
