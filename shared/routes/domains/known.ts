import type { Route } from '../../domain/route-record.ts'
import type { AgentRecord } from '../../identity/agent-record.ts'
import type { Entry, Kv } from '../../kv/kv.ts'
import { listAll } from '../../kv/list-all.ts'
import { allOfThem } from '../../lib/all-of-them.ts'
import { agentDomains, type DomainRecord, domainKeyOf, proofValue } from './record.ts'

interface KnownDomain {
  entry: Entry<DomainRecord> | null
  /** What proves it. */
  value: string
}

export type KnownDomains = ReadonlyMap<string, KnownDomain>

/** From here on one list of all that the agent has is cheaper. */
const MANY = 8

/** The domains that a route was asked for with. */
export const namedDomains = ({ options }: Pick<Route, 'options'>): string[] =>
  Array.isArray(options.domains) ? options.domains.filter((name) => typeof name === 'string') : []

export async function readDomains(kv: Kv, agent: AgentRecord, wanted: Iterable<string>): Promise<KnownDomains> {
  const names = [...new Set(wanted)]
  if (names.length === 0) return new Map()
  const find = names.length > MANY ? await allOf(kv, agent.agentId) : oneByOne(kv, agent.agentId)
  const known = await allOfThem(names, MANY, async (domain) => ({
    entry: await find(domain),
    value: await proofValue(agent, domain),
  }))
  return new Map(names.flatMap((name, i) => (known[i] ? [[name, known[i]]] : [])))
}

type Find = (domain: string) => Promise<Entry<DomainRecord> | null>

const oneByOne =
  (kv: Kv, agentId: string): Find =>
  (domain) =>
    kv.get<DomainRecord>(domainKeyOf(agentId, domain))

async function allOf(kv: Kv, agentId: string): Promise<Find> {
  const found = new Map<string, Entry<DomainRecord>>()
  for await (const entry of listAll<DomainRecord>(kv, agentDomains(agentId))) found.set(entry.value.domain, entry)
  return async (domain) => found.get(domain) ?? null
}
