import type { Configuration, Section } from './sections.ts'
import { parseTimeMs } from './time.ts'
import { splitWords } from './words.ts'

/**
 * Whether two sections mean the same, however they are laid out: the Data Plane API indents anew, drops comments, names
 * defaults, groups the lines of a keyword and sorts the parameters of servers and cookies.
 */
export function sameSection(a: Section, b: Section): boolean {
  return a.kind === b.kind && a.name === b.name && sameFrom(a.from, b.from) && fingerprint(a) === fingerprint(b)
}

/** Whether two sections mean the same but for their servers. */
export const sameFrame = (a: Section, b: Section): boolean => sameSection(withoutServers(a), withoutServers(b))

/** Whether two configurations have the same sections, in one order, and these the same lines but for servers. */
export const sameButForServers = ({ sections: a }: Configuration, { sections: b }: Configuration): boolean =>
  a.length === b.length && a.every((section, i) => hasLinesOf(section, b[i]))

const hasLinesOf = (a: Section, b: Section | undefined): boolean =>
  b !== undefined && JSON.stringify(withoutServers(a)) === JSON.stringify(withoutServers(b))

const withoutServers = (section: Section): Section => ({
  ...section,
  lines: section.lines.filter(
    (line) => line.trim() !== '' && !(section.kind === 'backend' && /^\s*server\s/.test(line)),
  ),
})

const isUnnamed = (from: string | null) => from === null || /^unnamed_defaults_\d+$/.test(from)
const sameFrom = (a: string | null, b: string | null) => a === b || isUnnamed(a) || isUnnamed(b)

/** The lines in one spelling, those of a keyword in their order, the keywords sorted. */
function fingerprint(section: Section): string {
  const groups = new Map<string, string[]>()
  for (const line of section.lines) {
    const words = splitWords(line) ?? [line.trim()]
    const [keyword] = words
    if (keyword === undefined) continue
    const group = groupOf(words)
    groups.set(group, [...(groups.get(group) ?? []), oneSpelling(words)])
  }
  return JSON.stringify([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The order matters among the lines of one keyword; `timeout client` and `option httpchk` are keywords of their own. */
const groupOf = ([keyword = '', second = '']: readonly string[]): string =>
  keyword === 'timeout' || keyword === 'option' || keyword === 'no' ? `${keyword} ${second}` : keyword

const PARAMETERS_FROM: Readonly<Record<string, number>> = { server: 3, bind: 2, 'default-server': 1, cookie: 2 }
const TIMED = new Set(['inter', 'fastinter', 'downinter', 'slowstart', 'pool-purge-delay', 'agent-inter', 'expire'])
const FLAGS = new Set([
  ...['check', 'backup', 'disabled', 'enabled', 'ssl', 'check-ssl', 'send-proxy', 'send-proxy-v2', 'accept-proxy'],
  ...['check-send-proxy', 'agent-check', 'allow-0rtt', 'strict-sni', 'transparent', 'v4v6', 'v6only', 'defer-accept'],
  ...['no-tls-tickets', 'no-verifyhost', 'no-sslv3', 'no-tlsv10', 'no-tlsv11', 'no-check', 'no-backup', 'no-ssl'],
  ...['rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', 'preserve', 'httponly', 'secure', 'dynamic'],
])

function oneSpelling(words: readonly string[]): string {
  const [keyword = ''] = words
  const from = PARAMETERS_FROM[keyword]
  if (keyword === 'timeout') return [...words.slice(0, 2), inMs(words[2])].join(' ')
  if (from === undefined) return timesOf(words).join(' ')
  return [...words.slice(0, from), ...parameters(timesOf(words.slice(from))).sort()].join(' ')
}

/** Each parameter with its value, so that they can be sorted. */
function parameters(words: readonly string[]): string[] {
  const found: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    found.push(FLAGS.has(word) || i + 1 === words.length ? word : `${word} ${words[++i]}`)
  }
  return found
}

const timesOf = (words: readonly string[]) =>
  words.map((word, i) => (TIMED.has(words[i - 1] ?? '') ? inMs(word) : word))
const inMs = (text = '') => String(parseTimeMs(text) ?? text)
