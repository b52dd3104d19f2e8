import type { BackendInput } from '../../domain/backend.ts'
import type { Snapshot } from '../snapshot.ts'

/** What was made of a text, which is as long the same as the text is. */
interface Parsed {
  text: string
  value: object | null
}

/** All keys under the prefix, without it: `api-backend` and `api-backend/servers/srv1`. */
export interface EtcdRecords {
  set(key: string, text: string): void
  delete(key: string): void
  snapshot(): Snapshot
}

interface Made {
  parts: readonly (Parsed | undefined)[]
  backend: BackendInput
}

const SERVER_KEY = /^([^/]+)\/servers\/([^/]+)$/

/** Backends of etcd's keys. What has not changed since the last snapshot is the same object in the next. */
export function createEtcdRecords(): EtcdRecords {
  const backends = new Map<string, Parsed>()
  const servers = new Map<string, Map<string, Parsed>>()
  const strangers = new Set<string>()
  let made = new Map<string, Made>()

  const make = (name: string, record: Parsed): Made => {
    const own = [...(servers.get(name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    const parts = [record, ...own.map(([, parsed]) => parsed)]
    const before = made.get(name)
    if (before?.parts.length === parts.length && parts.every((part, i) => part === before.parts[i])) return before
    const named = own.map(([server, { value }]) => ({ name: server, ...value }))
    const given = record.value && 'servers' in record.value ? record.value.servers : []
    const all = Array.isArray(given) ? [...given, ...named] : given
    return { parts, backend: { name, ...record.value, servers: all } as BackendInput }
  }

  return {
    set(key, text) {
      const [, name = '', server = ''] = SERVER_KEY.exec(key) ?? []
      if (name !== '') servers.set(name, (servers.get(name) ?? new Map()).set(server, parse(text)))
      else if (key.includes('/')) strangers.add(key)
      else backends.set(key, parse(text))
    },
    delete(key) {
      const [, name = '', server = ''] = SERVER_KEY.exec(key) ?? []
      strangers.delete(key)
      if (name === '') backends.delete(key)
      else if (servers.get(name)?.delete(server) && servers.get(name)?.size === 0) servers.delete(name)
    },
    snapshot() {
      const problems = [...strangers].map(
        (key) => `the key ${key} is neither a backend’s nor {backend}/servers/{server}`,
      )
      const unclear = new Set<string>()
      const next = new Map<string, Made>()
      for (const [name, record] of backends) {
        const wrong = wrongKeys(name, record, servers.get(name))
        problems.push(...wrong)
        if (wrong.length > 0) unclear.add(name)
        else next.set(name, make(name, record))
      }
      for (const name of servers.keys()) {
        if (!backends.has(name)) problems.push(`${name} has servers, but nothing says what they are for: write its key`)
      }
      made = next
      return { backends: [...next.values()].map(({ backend }) => backend), problems, unclear }
    },
  }
}

function parse(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text)
    return { text, value: typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null }
  } catch {
    return { text, value: null }
  }
}

/** A sentence for each key whose value makes no sense. */
function wrongKeys(name: string, record: Parsed, servers: ReadonlyMap<string, Parsed> | undefined): string[] {
  const all: [key: string, called: string, parsed: Parsed][] = [[name, name, record]]
  for (const [server, parsed] of servers ?? []) all.push([`${name}/servers/${server}`, server, parsed])
  return all.flatMap(([key, called, { value }]) => {
    if (value === null) return `the value of ${key} is no JSON object`
    return 'name' in value && value.name !== called ? `the value of ${key} has another name in it` : []
  })
}
