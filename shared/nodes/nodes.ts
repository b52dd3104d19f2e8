import type { Actor, Audit } from '../audit/audit.ts'
import { assertPreconditions, NO_PRECONDITIONS, type Preconditions } from '../domain/preconditions.ts'
import { AppError } from '../errors.ts'
import type { Entry, Kv, Write } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { type Decision, transact } from '../kv/transact.ts'
import { utf8 } from '../pki/bytes.ts'
import type { Vault } from '../pki/index.ts'
import { type NodeAddress, type NodeRecord, nodeState } from './node-record.ts'
import { NODE_COUNT, NODES, nodeKey } from './store-keys.ts'

export type NodeDid = 'created' | 'changed' | 'unchanged'

/** The nodes that come and go while the front runs; those of its settings are none of them. */
export interface Nodes {
  list(): Promise<Entry<NodeRecord>[]>
  any(): Promise<boolean>
  find(name: string): Promise<NodeRecord | null>
  put(name: string, address: NodeAddress, actor: Actor, preconditions?: Preconditions): Promise<NodeDid>
  /** Throws NODE_NOT_FOUND where there is none. */
  remove(name: string, actor: Actor, preconditions?: Preconditions): Promise<void>
  /** With user and password. */
  addressOf(record: NodeRecord): Promise<NodeAddress>
}

export interface NodesOptions {
  kv: Kv
  vault: Vault
  audit: Audit
  now: () => number
  /** Told after each change that was made here. */
  changed: () => void
}

const MOST_NODES = 100

export function createNodes({ kv, vault, audit, now, changed }: NodesOptions): Nodes {
  const list = async (): Promise<Entry<NodeRecord>[]> => {
    const found: Entry<NodeRecord>[] = []
    for await (const entry of listAll<NodeRecord>(kv, NODES)) found.push(entry)
    return found
  }

  const addressOf = async ({ name, url, sealedLogin, ca }: NodeRecord): Promise<NodeAddress> => {
    const opened = new TextDecoder().decode(await vault.open(nodeKey(name), sealedLogin))
    const { username, password } = JSON.parse(opened) as Pick<NodeAddress, 'username' | 'password'>
    return { url, username, password, ca }
  }

  const recordOf = async (name: string, address: NodeAddress, before: NodeRecord | undefined): Promise<NodeRecord> => {
    const { url, username, password, ca } = address
    const sealedLogin = await vault.seal(nodeKey(name), utf8(JSON.stringify({ username, password })))
    const at = new Date(now()).toISOString()
    return { name, url, sealedLogin, ca, createdAt: before?.createdAt ?? at, updatedAt: at }
  }

  const isAsItWas = async (before: NodeRecord, address: NodeAddress): Promise<boolean> => {
    const known = await addressOf(before)
    return (['url', 'username', 'password', 'ca'] as const).every((field) => known[field] === address[field])
  }

  /** Under a check of the count, so that two writers cannot both take the last place, or the same address. */
  const deciding = async <T>(decide: (nodes: Entry<NodeRecord>[]) => Promise<{ writes: Write[]; result: T }>) => {
    const result = await transact<T>(kv, async (): Promise<Decision<T>> => {
      const count = await kv.get<number>(NODE_COUNT)
      const nodes = await list()
      const { writes, result } = await decide(nodes)
      if (writes.length === 0) return { checks: [], writes, result }
      const moved = { key: NODE_COUNT, value: (count?.value ?? 0) + 1 }
      return { checks: [{ key: NODE_COUNT, version: count?.version ?? null }], writes: [...writes, moved], result }
    })
    changed()
    return result
  }

  return {
    list,
    any: async () => (await kv.list(NODES, { limit: 1 })).entries.length > 0,
    addressOf,
    find: async (name) => (await kv.get<NodeRecord>(nodeKey(name)))?.value ?? null,

    put: (name, address, actor, preconditions = NO_PRECONDITIONS) =>
      deciding<NodeDid>(async (nodes) => {
        const before = nodes.find(({ value }) => value.name === name)?.value
        assertPreconditions(preconditions, before ? nodeState(before) : null)
        if (before && (await isAsItWas(before, address))) return { writes: [], result: 'unchanged' }
        assertPlace(nodes, name, address)
        const value = await recordOf(name, address, before)
        const told = audit.entry(actor, { action: 'node.put', target: name, details: { url: address.url } })
        return { writes: [{ key: nodeKey(name), value }, told], result: before ? 'changed' : 'created' }
      }),

    remove: (name, actor, preconditions = NO_PRECONDITIONS) =>
      deciding<void>(async (nodes) => {
        const before = nodes.find(({ value }) => value.name === name)?.value
        if (!before) throw new AppError('NODE_NOT_FOUND', `There is no node ${name}`)
        assertPreconditions(preconditions, nodeState(before))
        const told = audit.entry(actor, { action: 'node.remove', target: name, details: { url: before.url } })
        return { writes: [{ key: nodeKey(name), delete: true }, told], result: undefined }
      }),
  }
}

/** Two drivers of one HAProxy would be in each other's way. */
function assertPlace(nodes: Entry<NodeRecord>[], name: string, { url }: NodeAddress): void {
  const same = nodes.find(({ value }) => value.url === url && value.name !== name)
  if (same) throw new AppError('NODE_EXISTS', `The node ${same.value.name} has this address already`)
  if (nodes.length >= MOST_NODES && !nodes.some(({ value }) => value.name === name))
    throw new AppError('TOO_MANY_NODES', `A front drives at most ${MOST_NODES} further nodes`)
}
