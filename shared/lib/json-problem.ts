const MAX_DEPTH = 64
/** What nobody needs costs the time of everybody: ten thousand routes of a hundred values each are fewer. */
const MAX_VALUES = 1_000_000
const MAX_NAMES = 10_000

/**
 * What is wrong with a text that JSON.parse would take, or take very long for: a name that stands twice in one object
 * (parsers differ in which of them wins, so neither may), or more of something than anybody means. One look at each
 * character, also where the text is no JSON at all.
 */
export function findProblem(text: string): string | null {
  /** One set of names for each object that is open, null for each list. */
  const open: (Set<string> | null)[] = []
  let [values, nameStart, nameEnd] = [0, -1, -1]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === QUOTE) {
      nameStart = i
      i = endOfString(text, i)
      nameEnd = i
    } else if (unit === COMMA) {
      if (++values > MAX_VALUES) return `has more than ${MAX_VALUES} values`
    } else if (unit === COLON) {
      const problem = addName(open.at(-1), text, nameStart, nameEnd)
      if (problem !== null) return problem
    } else if (unit === OPEN_OBJECT || unit === OPEN_LIST) {
      if (open.push(unit === OPEN_OBJECT ? new Set() : null) > MAX_DEPTH)
        return `is nested deeper than ${MAX_DEPTH} levels`
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_LIST) open.pop()
  }
  return null
}

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Where its closing quote is: one with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((end - before) % 2 === 1) return end
  }
  return text.length
}

function addName(names: Set<string> | null | undefined, text: string, start: number, end: number): string | null {
  if (!names || start === -1) return null
  const name = nameIn(text.slice(start, end + 1))
  if (names.has(name)) return `says ${JSON.stringify(name)} twice`
  names.add(name)
  return names.size > MAX_NAMES ? `has more than ${MAX_NAMES} names in one object` : null
}

/** Only what has an escape needs parsing. */
function nameIn(token: string): string {
  if (!token.includes('\\')) return token.slice(1, -1)
  try {
    return JSON.parse(token)
  } catch {
    return token
  }
}
