import type { Backend, HttpRequestRule, Server } from '../dataplane/models.ts'
import { BACKEND_FIELDS, type FieldLine } from './backend-fields.ts'
import { httpChecks, httpRequestRules, httpResponseRules, type RuleList, tcpRequestRules } from './rules.ts'
import type { Section } from './sections.ts'
import { parseServer, printServer } from './server-line.ts'
import { HaproxyTextError } from './text-error.ts'
import { checkName, checkWord, checkWords, splitWords } from './words.ts'

const INDENT = '  '

const acls: RuleList = {
  keyword: 'acl',
  print(acl) {
    const { acl_name, criterion, value } = acl as Record<string, unknown>
    return [
      'acl',
      checkWord('acl_name', acl_name),
      checkWord('criterion', criterion),
      value ? checkWords('value', value) : '',
    ]
      .join(' ')
      .trimEnd()
  },
  parse: ([, acl_name, criterion, ...value]) =>
    criterion === undefined ? null : { acl_name, criterion, ...(value.length > 0 && { value: value.join(' ') }) },
}

/** The lists that a backend carries with `full_section`. */
const LISTS: Readonly<Record<string, RuleList>> = {
  acl_list: acls,
  tcp_request_rule_list: tcpRequestRules,
  http_request_rule_list: httpRequestRules,
  http_response_rule_list: httpResponseRules,
  http_check_list: httpChecks,
}

export const NESTED_FIELDS: readonly string[] = [...Object.keys(LISTS), 'servers']

/** A whole section made of a backend and all that is nested in it. */
export function printBackend(backend: Backend): Section {
  return { ...sectionOf(backend), lines: [...ownLines(backend), ...nestedLines(backend)] }
}

/** Its own fields anew; what is nested in it, and what has no field here, stays as it was written. */
export function replaceBackendFields(section: Section, backend: Backend): Section {
  const kept = section.lines.filter((line) => !isOwnLine(splitWords(line) ?? []))
  return { ...sectionOf({ ...backend, name: section.name }), lines: [...ownLines(backend), ...kept] }
}

const sectionOf = ({ name, from }: Backend): Omit<Section, 'lines'> => ({
  kind: 'backend',
  name: checkName('name', name),
  from: from === undefined ? null : checkName('from', from),
})

function ownLines(backend: Backend): string[] {
  const fields = Object.entries(backend).filter(([field]) => !['name', 'from', ...NESTED_FIELDS].includes(field))
  return fields
    .flatMap(([field, value]) => {
      const form = Object.hasOwn(BACKEND_FIELDS, field) ? BACKEND_FIELDS[field] : undefined
      if (!form) throw new HaproxyTextError(`the field ${JSON.stringify(field)} of a backend is not served here`)
      return value === undefined || value === null ? [] : form.print(value, backend)
    })
    .map((line) => INDENT + line)
}

function nestedLines(backend: Backend): string[] {
  const fields: Record<string, unknown> = { ...backend }
  const rules = Object.entries(LISTS).flatMap(([field, list]) => asList(field, fields[field]).map(list.print))
  return [...rules, ...serversOf(backend).map(printServer)].map((line) => INDENT + line)
}

function asList(field: string, value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new HaproxyTextError(`${field} must be a list`)
  return value
}

function serversOf({ servers }: Backend): Server[] {
  if (servers === undefined || servers === null) return []
  if (typeof servers !== 'object' || Array.isArray(servers)) throw new HaproxyTextError('servers must be an object')
  return Object.entries(servers).map(([name, server]) => ({ ...server, name: server?.name ?? name }))
}

/** What the model has fields for; lines that it has none for are left out. */
export function parseBackend(section: Section, { full }: { full: boolean }): Backend {
  const found: Record<string, unknown> = section.from === null ? {} : { from: section.from }
  for (const line of section.lines) readLine(splitWords(line) ?? [], found, full)
  return { ...found, name: section.name } as unknown as Backend
}

function readLine(words: readonly string[], into: Record<string, unknown>, full: boolean): void {
  const own = formOfLine(words)
  if (own) Object.assign(into, own[1].parse(words) ?? {})
  if (!full) return
  const list = Object.entries(LISTS).find(([, each]) => each.keyword === words[0])
  const rule = list?.[1].parse(words)
  if (list && rule) into[list[0]] = [...((into[list[0]] as HttpRequestRule[] | undefined) ?? []), rule]
  const server = words[0] === 'server' ? parseServer(words) : null
  if (server) into.servers = { ...(into.servers as object | undefined), [server.name]: server }
}

const formOfLine = (words: readonly string[]): [string, FieldLine] | undefined =>
  Object.entries(BACKEND_FIELDS).find(([, form]) => form.keywords.every((each, i) => words[i] === each))

const isOwnLine = (words: readonly string[]) => words.length > 0 && formOfLine(words)?.[1].parse(words) != null

export const backendServers = (section: Section): Server[] =>
  section.lines.flatMap((line) => {
    const words = splitWords(line) ?? []
    return (words[0] === 'server' && parseServer(words)) || []
  })

/** With this server in its old place, or behind the others. */
export function putServer(section: Section, server: Server): Section {
  const line = INDENT + printServer(server)
  const at = serverLine(section, server.name)
  return { ...section, lines: at < 0 ? [...withoutBlankEnd(section.lines), line] : section.lines.with(at, line) }
}

export const removeServer = (section: Section, name: string): Section => ({
  ...section,
  lines: section.lines.toSpliced(serverLine(section, name), 1),
})

/** -1 when there is none; also of a server whose parameters have no fields here. */
export const serverLine = (section: Section, name: string): number =>
  section.lines.findIndex((line) => {
    const words = splitWords(line) ?? []
    return words[0] === 'server' && words[1] === name
  })

const withoutBlankEnd = (lines: readonly string[]) => {
  const last = lines.findLastIndex((line) => line.trim() !== '')
  return lines.slice(0, last + 1)
}
