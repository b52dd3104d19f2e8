import { splitWords } from './words.ts'

/** A section with its lines as they were written. */
export interface Section {
  kind: string
  /** Empty for sections that have no name. */
  name: string
  /** The defaults section that it takes. */
  from: string | null
  lines: readonly string[]
}

export interface Configuration {
  /** What stands before the first section: comments, mostly. */
  head: readonly string[]
  sections: readonly Section[]
}

const KINDS = new Set([
  ...['global', 'defaults', 'frontend', 'backend', 'listen', 'peers', 'resolvers', 'ring', 'userlist', 'cache'],
  ...['mailers', 'program', 'http-errors', 'fcgi-app', 'log-forward', 'crt-store', 'log-profile', 'traces', 'acme'],
])

export function parseConfiguration(text: string): Configuration {
  const head: string[] = []
  const sections: (Section & { lines: string[] })[] = []
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const line of lines) {
    const started = sectionStart(line)
    if (started) sections.push(started)
    else (sections.at(-1)?.lines ?? head).push(line)
  }
  return { head, sections }
}

function sectionStart(line: string): (Section & { lines: string[] }) | null {
  const first = /^\s*([a-z-]+)/.exec(line)?.[1]
  if (!first || !KINDS.has(first)) return null
  const words = splitWords(line) ?? []
  if (words[0] !== first) return null
  const at = words.indexOf('from', 1)
  const from = at < 0 ? null : (words[at + 1] ?? null)
  const name = at === 1 ? '' : words.slice(1, at < 0 ? undefined : at).join(' ')
  return { kind: first, name, from, lines: [] }
}

export function printSection({ kind, name, from, lines }: Section): string {
  const start = [kind, name, from && `from ${from}`].filter(Boolean).join(' ')
  return [start, ...lines].join('\n')
}

/** With a blank line between sections, and none too many. */
export function printConfiguration({ head, sections }: Configuration): string {
  const parts = [head.join('\n'), ...sections.map(printSection)]
  return `${parts
    .map((part) => part.replace(/\s+$/, ''))
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}

export const findSection = (configuration: Configuration, kind: string, name: string): Section | undefined =>
  configuration.sections.find((each) => each.kind === kind && each.name === name)

/** In its old place, or at the end. */
export function putSection(configuration: Configuration, section: Section): Configuration {
  const isIt = (each: Section) => each.kind === section.kind && each.name === section.name
  const at = configuration.sections.findIndex(isIt)
  if (at < 0) return { ...configuration, sections: [...configuration.sections, section] }
  return { ...configuration, sections: configuration.sections.with(at, section) }
}

export const removeSection = (configuration: Configuration, kind: string, name: string): Configuration => ({
  ...configuration,
  sections: configuration.sections.filter((each) => each.kind !== kind || each.name !== name),
})
