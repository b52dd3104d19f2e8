import type { BackendInput } from '../../domain/backend.ts'
import type { Mapping, Rule } from './mapping.ts'
import { type Path, select } from './path.ts'

type Fields = Record<string, unknown>
type Mapped = Fields & { servers: unknown[] }

/** The records of all pages as backends, as far as they can be: what is wrong in one is found by who parses it. */
export function mapRecords({ list, servers: serverRules, ...rules }: Mapping, documents: unknown[]): BackendInput[] {
  const records = documents.flatMap((document) => listAt(list, document))
  const { list: serverList, ...serverFields } = serverRules
  const mapped = records.map((record): Mapped => {
    const servers = serverList ? listAt(serverList, record) : [record]
    return { ...fieldsOf(rules, record), servers: servers.map((server) => fieldsOf(serverFields, server)) }
  })
  return (serverList ? mapped : joined(mapped)) as BackendInput[]
}

/** Where the path leads to a list, what is in it is meant. */
function listAt(path: Path, document: unknown): unknown[] {
  const found = select(path, document)
  return found.length === 1 && Array.isArray(found[0]) ? found[0] : found
}

/** Those of one name: the first says all but the servers. */
function joined(records: Mapped[]): Mapped[] {
  const byName = new Map<unknown, Mapped>()
  for (const record of records) {
    const first = byName.get(record.name)
    if (first) first.servers.push(...record.servers)
    else byName.set(record.name, record)
  }
  return [...byName.values()]
}

const fieldsOf = (rules: Record<string, Rule | undefined>, record: unknown): Fields =>
  Object.fromEntries(
    Object.entries(rules)
      .map(([field, rule]) => [field, rule && inKind(field, valueBy(rule, record))])
      .filter(([, value]) => value !== undefined),
  )

function valueBy(rule: Rule, record: unknown): unknown {
  if ('value' in rule) return rule.value
  const found = select(rule.path, record).filter((value) => value !== null)
  const value = found.length > 1 ? found : found[0]
  if (value === undefined || rule.words === undefined) return value ?? rule.default
  return rule.words[String(value)] ?? rule.default ?? value
}

const LISTS = ['hosts', 'pathPrefixes']
const NUMBERS = ['port', 'weight']
const BOOLEANS = ['tls', 'backup', 'default', 'check', 'redirectToHttps', 'hsts']

/** What others write in quotes, or alone where there might be several, is what was meant. */
function inKind(field: string, value: unknown): unknown {
  if (LISTS.includes(field)) return typeof value === 'string' ? [value] : value
  if (NUMBERS.includes(field)) return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value
  if (BOOLEANS.includes(field)) return value === 'true' ? true : value === 'false' ? false : value
  return typeof value === 'number' ? String(value) : value
}
