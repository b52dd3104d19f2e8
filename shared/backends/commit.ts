import type { Check, Entry, Kv, Write } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { BackendRecord } from './backend-record.ts'
import { BACKEND_HOST_COUNT, BACKEND_HOSTS, backendHostKey } from './store-keys.ts'

export interface Changed {
  key: string
  before: Entry<BackendRecord> | null
  after: BackendRecord | null
}

/** From here on one list of all is cheaper. */
const MANY = 16

/** The writes of changed records, and of the hosts that they name: each host knows which backends do. */
export async function commitOf(kv: Kv, changed: readonly Changed[]): Promise<{ checks: Check[]; writes: Write[] }> {
  const hosts = await hostWrites(kv, changed)
  return {
    checks: [...changed.map(({ key, before }) => ({ key, version: before?.version ?? null })), ...hosts.checks],
    writes: [...changed.map(writeOf), ...hosts.writes],
  }
}

const writeOf = ({ key, after }: Changed): Write => (after ? { key, value: after } : { key, delete: true })

async function hostWrites(kv: Kv, changed: readonly Changed[]): Promise<{ checks: Check[]; writes: Write[] }> {
  const edits = hostEdits(changed)
  if (edits.size === 0) return { checks: [], writes: [] }
  const count = await kv.get<number>(BACKEND_HOST_COUNT)
  const known = await readHosts(kv, [...edits.keys()])
  let hosts = count?.value ?? 0
  const writes = [...edits].flatMap(([host, { add, remove }]): Write[] => {
    const had = known.get(host) ?? []
    const has = [...new Set([...had.filter((each) => !remove.has(each)), ...add])].sort()
    hosts += Number(has.length > 0) - Number(had.length > 0)
    const key = backendHostKey(host)
    return [has.length > 0 ? { key, value: has } : { key, delete: true }]
  })
  // Whoever checks it knows all of them.
  const moved: Write =
    hosts === 0 ? { key: BACKEND_HOST_COUNT, delete: true } : { key: BACKEND_HOST_COUNT, value: hosts }
  return { checks: [{ key: BACKEND_HOST_COUNT, version: count?.version ?? null }], writes: [...writes, moved] }
}

interface HostEdit {
  add: Set<string>
  remove: Set<string>
}

function hostEdits(changed: readonly Changed[]): Map<string, HostEdit> {
  const edits = new Map<string, HostEdit>()
  const edit = (host: string): HostEdit => {
    const there = edits.get(host) ?? { add: new Set(), remove: new Set() }
    edits.set(host, there)
    return there
  }
  for (const { before, after } of changed) {
    const [had, has] = [hostsOf(before?.value), hostsOf(after)]
    for (const host of has) if (!had.has(host)) edit(host).add.add(whoOf(after))
    for (const host of had) if (!has.has(host)) edit(host).remove.add(whoOf(before?.value))
  }
  return edits
}

const hostsOf = (record: BackendRecord | null | undefined) => new Set(record?.backend.hosts)
const whoOf = (record: BackendRecord | null | undefined) => `${record?.provider}/${record?.backend.name}`

async function readHosts(kv: Kv, hosts: string[]): Promise<Map<string, string[]>> {
  if (hosts.length > MANY) {
    const known = new Map<string, string[]>()
    for await (const { key, value } of listAll<string[]>(kv, BACKEND_HOSTS))
      known.set(key.slice(BACKEND_HOSTS.length), value)
    return known
  }
  const entries = await Promise.all(hosts.map((host) => kv.get<string[]>(backendHostKey(host))))
  return new Map(hosts.map((host, i) => [host, entries[i]?.value ?? []]))
}
