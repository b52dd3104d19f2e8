const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g
const MAX_DEPTH = 64

/**
 * What is wrong with a JSON text that JSON.parse would take: a name that stands twice in one object (parsers differ in
 * which of them wins, so neither may), or nesting that only costs time. A text that is no JSON could take it very long.
 */
export function findProblem(text: string): string | null {
  /** One set of names for each object that is open, null for each list. */
  const open: (Set<string> | null)[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const [name, names] = [nameIn(last), open.at(-1)]
      if (name === null || !names) continue
      if (names.has(name)) return `says ${JSON.stringify(name)} twice`
      names.add(name)
    }
    if (open.length > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`
    last = token
  }
  return null
}

/** Only what has an escape needs parsing. */
function nameIn(token: string): string | null {
  if (!token.startsWith('"')) return null
  return token.includes('\\') ? JSON.parse(token) : token.slice(1, -1)
}
