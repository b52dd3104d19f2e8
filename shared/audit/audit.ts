import type { Standing } from '../identity/standing.ts'
import type { Json, Kv, Write } from '../kv/kv.ts'

/** Who does something, as the audit log names them. */
export interface Actor {
  /** `agent vps-1`, `admin the first admin token`, `front` for what it does by itself. */
  name: string
  address: string | null
  requestId: string | null
  /** For an agent that asks: as what it was let in. */
  standing: Standing | null
}

type AuditEntry = {
  id: string
  at: string
  actor: string
  address: string | null
  requestId: string | null
  /** What was done to what: `agent.register`, `token.create`. */
  action: string
  target: string
  outcome: 'done' | 'refused'
  details: { [name: string]: Json }
}

type Happening = Pick<AuditEntry, 'action' | 'target'> & Partial<Pick<AuditEntry, 'outcome' | 'details'>>

export interface Audit {
  /** Belongs into the commit of what it tells: neither happens without the other. */
  entry(actor: Actor, happening: Happening): Write
  /** Newest first. */
  list(options: { after: string; limit: number }): Promise<{ entries: AuditEntry[]; next: string | null }>
  /** Forgets what is older than it is kept. Says how many entries that were. */
  forget(): Promise<number>
}

export interface AuditOptions {
  kv: Kv
  now: () => number
  newId: () => string
  keptDays: number
}

const PREFIX = 'audit/'
const DAY_MS = 86_400_000
/** Counted down from here, so that a list in key order has the newest first. */
const FAR_FUTURE_MS = 10 ** 14
const FORGET_AT_ONCE = 100

export function createAudit({ kv, now, newId, keptDays }: AuditOptions): Audit {
  return {
    entry({ name, address, requestId }, { action, target, outcome = 'done', details = {} }) {
      const id = `${countdown(now())}-${newId()}`
      const at = new Date(now()).toISOString()
      const value: AuditEntry = { id, at, actor: name, address, requestId, action, target, outcome, details }
      return { key: PREFIX + id, value }
    },

    async list({ after, limit }) {
      const page = await kv.list<AuditEntry>(PREFIX, { after: after && PREFIX + after, limit })
      return { entries: page.entries.map(({ value }) => value), next: page.next?.slice(PREFIX.length) ?? null }
    },

    async forget() {
      const oldest = PREFIX + countdown(now() - keptDays * DAY_MS)
      let forgotten = 0
      for (;;) {
        const { entries } = await kv.list(PREFIX, { after: oldest, limit: FORGET_AT_ONCE })
        if (entries.length === 0) return forgotten
        await kv.commit(
          [],
          entries.map(({ key }) => ({ key, delete: true })),
        )
        forgotten += entries.length
      }
    },
  }
}

const countdown = (ms: number) => String(FAR_FUTURE_MS - ms).padStart(15, '0')
