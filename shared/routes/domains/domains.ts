/** Custom domains: who has proved which, and what a look at the name servers makes of it. */
import type { Actor } from '../../audit/audit.ts'
import { FRONT } from '../../audit/front-actor.ts'
import type { Route } from '../../domain/route-record.ts'
import { AppError } from '../../errors.ts'
import { listAll } from '../../kv/list-all.ts'
import { transactAt } from '../../kv/transact.ts'
import { allOfThem } from '../../lib/all-of-them.ts'
import type { Texts } from '../../targets/texts.ts'
import type { RoutesOptions } from '../context.ts'
import { createTelling } from '../telling.ts'
import { namedDomains } from './known.ts'
import { decideLook, type Looked, type Seen } from './look.ts'
import { DOMAINS, type DomainRecord, domainKeyOf, proofName } from './record.ts'

export interface Domains {
  /** How it stands with the domains of these routes, by agent and domain as `domainId` puts them. */
  of(routes: readonly Route[]): Promise<ReadonlyMap<string, DomainRecord>>
  /** Looks at once, or says what was found a moment ago. Throws ROUTE_NOT_FOUND where the route names no such domain. */
  verify(route: Route | null, domain: string, actor: Actor): Promise<DomainRecord>
  /** Looks at those whose time has come. */
  refresh(): Promise<void>
}

export interface DomainsOptions extends Pick<RoutesOptions, 'kv' | 'audit' | 'gateway' | 'log' | 'now' | 'settings'> {
  texts: Texts
}

type Of = Pick<DomainRecord, 'agentId' | 'domain'>

export const domainId = ({ agentId }: Pick<Route, 'agentId'>, domain: string) => domainKeyOf(agentId, domain)

const SOONEST_AGAIN_MS = 5_000
/** Sooner where one is due; for those that have come since. */
const LIST_EVERY_MS = 30_000
const AT_ONCE = 8
const MOST_A_PASS = 200

export function createDomains(options: DomainsOptions): Domains {
  const { kv, texts, gateway, log, now } = options
  const tell = createTelling(gateway, log)
  const looking = new Map<string, Promise<DomainRecord | null>>()
  let listAtMs = Number.NEGATIVE_INFINITY

  const see = async (domain: string): Promise<Seen> => {
    try {
      return await texts(proofName(domain))
    } catch (error) {
      log.debug('Could not look for the proof of a domain', { domain, error })
      return null
    }
  }

  const settle = async (of: Of, how: { seen: Seen; actor: Actor; isContested?: boolean }): Promise<Looked | null> => {
    const { result, revision } = await transactAt(kv, () => decideLook(options, of, how))
    if (!result || revision === null) return null
    if (result.changed.length > 0) await tell(result.changed, revision)
    return result
  }

  const lookNow = async ({ agentId, domain }: Of, actor: Actor): Promise<DomainRecord | null> => {
    const seen = await see(domain)
    const looked = await settle({ agentId, domain }, { seen, actor })
    // Both are proved at the same place: who had it and has no record there any more has lost it to this one.
    if (looked?.rival) await settle({ agentId: looked.rival, domain }, { seen, actor: FRONT, isContested: true })
    return looked?.record ?? null
  }

  /** Whoever comes meanwhile waits for the same look, and for what follows from it. */
  const look = async (of: Of, actor: Actor): Promise<DomainRecord | null> => {
    const key = domainKeyOf(of.agentId, of.domain)
    const begun = looking.get(key) ?? lookNow(of, actor).finally(() => looking.delete(key))
    looking.set(key, begun)
    return begun
  }

  const notNamed = (domain: string) => new AppError('ROUTE_NOT_FOUND', `There is no route that names ${domain}`)

  return {
    async of(routes) {
      const wanted = new Map<string, null>()
      for (const route of routes) for (const domain of namedDomains(route)) wanted.set(domainId(route, domain), null)
      const keys = [...wanted.keys()]
      const entries = await allOfThem(keys, AT_ONCE, (key) => kv.get<DomainRecord>(key))
      return new Map(entries.flatMap((entry) => (entry ? [[entry.key, entry.value]] : [])))
    },

    async verify(route, domain, actor) {
      if (!route || !namedDomains(route).includes(domain)) throw notNamed(domain)
      const key = domainId(route, domain)
      await looking.get(key)
      const entry = await kv.get<DomainRecord>(key)
      if (entry?.value.lookedAtMs != null && now() - entry.value.lookedAtMs < SOONEST_AGAIN_MS) return entry.value
      const record = await look({ agentId: route.agentId, domain }, actor)
      if (!record) throw notNamed(domain)
      return record
    },

    async refresh() {
      if (now() < listAtMs) return
      const due: Of[] = []
      let nextMs = now() + LIST_EVERY_MS
      for await (const { value } of listAll<DomainRecord>(kv, DOMAINS)) {
        if (value.nextLookAtMs <= now() && due.length < MOST_A_PASS) due.push(value)
        else nextMs = Math.min(nextMs, value.nextLookAtMs)
      }
      listAtMs = nextMs
      await allOfThem(due, AT_ONCE, (each) => look(each, FRONT))
    },
  }
}
