import type { Actor, Audit } from '../audit/audit.ts'
import type { Heartbeat } from '../domain/heartbeat.ts'
import { assertPreconditions, NO_PRECONDITIONS, type Preconditions } from '../domain/preconditions.ts'
import { AppError } from '../errors.ts'
import type { Check, Entry, Kv, Write } from '../kv/kv.ts'
import { type Decision, toCheck, transact, transactAt } from '../kv/transact.ts'
import type { AccessToken, AccessTokens } from './access-tokens.ts'
import type { StoredKey } from './agent-key.ts'
import {
  AGENTS,
  type AgentRecord,
  agentKeyOf,
  agentState,
  heartbeatKeyOf,
  type LastHeartbeat,
  type ReleasedName,
  registrationKeyOf,
  releasedKeyOf,
} from './agent-record.ts'
import { assertActive, assertStanding } from './standing.ts'

interface Registration {
  agentId: string
  agentKey: string
  agentName: string | undefined
  targetIp: string
  /** What lets it register anew: a token, that everybody may, or (`null`) nothing: it must be known. */
  enrollment: Entry<AccessToken> | 'open' | null
  /** What it brings along, for the same commit. */
  also?: ((agent: AgentRecord) => Promise<Part>) | undefined
}

interface Registered {
  agent: AgentRecord
  isNew: boolean
}

interface AgentChange {
  agentName?: string | null
  targetIp?: string
  suspended?: boolean
}

interface Update {
  agentId: string
  actor: Actor
  action: string
  preconditions: Preconditions | undefined
}

export interface Agents {
  find(agentId: string): Promise<AgentRecord | null>
  list(options: { after: string; limit: number }): Promise<{ agents: AgentRecord[]; next: string | null }>
  /** New, or its fields updated when it comes again with its key. */
  register(registration: Registration, actor: Actor): Promise<Registered & { revision: number | null }>
  change(agentId: string, change: AgentChange, actor: Actor, preconditions?: Preconditions): Promise<AgentRecord>
  /** With all that is its own, in one commit. Its name waits before another can have it. */
  remove(agentId: string, actor: Actor, preconditions?: Preconditions): Promise<void>
  /** Refuses the old key, and all tokens that it may have got somebody. */
  replaceKey(agentId: string, key: string, actor: Actor, preconditions?: Preconditions): Promise<AgentRecord>
  /** Refuses all tokens and certificates that there are. */
  revoke(agentId: string, actor: Actor, preconditions?: Preconditions): Promise<void>
  beat(agentId: string, report: Heartbeat, actor: Actor): Promise<LastHeartbeat>
  heartbeat(agentId: string): Promise<LastHeartbeat | null>
  /** The store's revision of the registration: what was before was another agent's of the same name. */
  registeredAt(agentId: string): Promise<number>
}

/** What another part of the front adds to a commit. */
export interface Part {
  checks: Check[]
  writes: Write[]
  /** What it does once that is committed. */
  committed?(revision: number): Promise<void>
}

export interface AgentsOptions {
  kv: Kv
  tokens: AccessTokens
  audit: Audit
  keys: { store(key: string): Promise<StoredKey>; check(key: string, stored: StoredKey | null): Promise<boolean> }
  /** What else is the agent's own and goes with it, for the same commit. */
  belongings: (agent: AgentRecord) => Promise<Part>
  /** What else changes when it is suspended or may go on, for the same commit. */
  suspension: (agent: AgentRecord, suspended: boolean, by: string) => Promise<Part>
  /** What makes its certificates void, for the same commit. */
  revocations: (agent: AgentRecord) => Promise<Part>
  now: () => number
  newId: () => string
  /** How long a released name waits. */
  releaseSeconds: number
}

export function createAgents({
  kv,
  tokens,
  audit,
  keys,
  belongings,
  suspension,
  revocations,
  now,
  newId,
  releaseSeconds,
}: AgentsOptions): Agents {
  const timestamp = () => new Date(now()).toISOString()

  /** Commits, then lets the other part do what comes after that. */
  const committing = async <T>(decide: () => Promise<Decision<{ result: T; part: Part }>>): Promise<T> => {
    const { result: decided, revision } = await transactAt(kv, decide)
    if (revision !== null) await decided.part.committed?.(revision)
    return decided.result
  }

  /** Reads the agent, and writes what becomes of it under a check. */
  const update = (
    { agentId, actor, action, preconditions = NO_PRECONDITIONS }: Update,
    change: (agent: AgentRecord) => Partial<AgentRecord>,
    also: (agent: AgentRecord) => Promise<Part> = nothingElse,
  ) =>
    committing(async () => {
      const entry = await existing(kv, agentId)
      assertStanding(actor.standing, entry.value)
      assertPreconditions(preconditions, agentState(entry.value))
      const part = await also(entry.value)
      const agent: AgentRecord = { ...entry.value, ...change(entry.value), updatedAt: timestamp() }
      const writes = [{ key: entry.key, value: agent }, audit.entry(actor, { action, target: agentId }), ...part.writes]
      return { checks: [toCheck(entry), ...part.checks], writes, result: { result: agent, part } }
    })

  const registerAgain = async (
    entry: Entry<AgentRecord>,
    { agentName, targetIp, agentKey, also = nothingElse }: Registration,
    actor: Actor,
  ): Promise<Decision<Registered>> => {
    if (!(await keys.check(agentKey, entry.value.key))) {
      throw agentExists(entry.value.agentId)
    }
    assertActive(entry.value)
    const agent: AgentRecord = { ...entry.value, name: agentName ?? entry.value.name, targetIp, updatedAt: timestamp() }
    const part = await also(agent)
    const entryWrites = [
      { key: entry.key, value: agent },
      audit.entry(actor, { action: 'agent.update', target: agent.agentId }),
      ...part.writes,
    ]
    return { checks: [toCheck(entry), ...part.checks], writes: entryWrites, result: { agent, isNew: false } }
  }

  const registerNew = async (
    { agentId, agentKey, agentName, targetIp, enrollment, also = nothingElse }: Registration,
    key: StoredKey,
    actor: Actor,
  ): Promise<Decision<Registered>> => {
    const released = await kv.get<ReleasedName>(releasedKeyOf(agentId))
    if (released && !(await keys.check(agentKey, released.value.key))) {
      throw new AppError(
        'NAME_RELEASED',
        `The name ${agentId} was given up ${released.value.releasedAt} and waits before another can have it`,
      )
    }
    if (enrollment === null) throw new AppError('AGENT_NOT_FOUND', `There is no agent ${agentId} any more`)
    const enrolled = enrollment === 'open' ? null : tokens.use(enrollment, agentId)
    const at = timestamp()
    const agent: AgentRecord = {
      agentId,
      name: agentName ?? null,
      targetIp,
      key,
      incarnation: newId(),
      tokenVersion: 1,
      suspended: false,
      createdAt: at,
      updatedAt: at,
    }
    const part = await also(agent)
    return {
      checks: [{ key: agentKeyOf(agentId), version: null }, ...(enrolled ? [enrolled.check] : []), ...part.checks],
      writes: [
        { key: agentKeyOf(agentId), value: agent },
        { key: releasedKeyOf(agentId), delete: true as const },
        { key: registrationKeyOf(agentId), value: agent.incarnation },
        audit.entry(actor, { action: 'agent.register', target: agentId, details: { targetIp } }),
        ...(enrolled?.writes ?? []),
        ...part.writes,
      ],
      result: { agent, isNew: true },
    }
  }

  return {
    find: async (agentId) => (await kv.get<AgentRecord>(agentKeyOf(agentId)))?.value ?? null,

    async list({ after, limit }) {
      const page = await kv.list<AgentRecord>(AGENTS, { after: after && agentKeyOf(after), limit })
      return { agents: page.entries.map(({ value }) => value), next: page.next?.slice(AGENTS.length) ?? null }
    },

    async register(registration, actor) {
      let key: StoredKey | undefined
      const { result, revision } = await transactAt<Registered>(kv, async () => {
        const entry = await kv.get<AgentRecord>(agentKeyOf(registration.agentId))
        if (entry) return registerAgain(entry, registration, actor)
        key ??= await keys.store(registration.agentKey)
        return registerNew(await withFreshToken(registration), key, actor)
      })
      return { ...result, revision }
    },

    change: (agentId, { agentName, targetIp, suspended }, actor, preconditions) =>
      update(
        { agentId, actor, action: changeAction(suspended), preconditions },
        (agent) => ({
          name: agentName === undefined ? agent.name : agentName,
          targetIp: targetIp ?? agent.targetIp,
          suspended: suspended ?? agent.suspended,
        }),
        async (agent) =>
          suspended === undefined || suspended === agent.suspended
            ? nothingElse()
            : suspension(agent, suspended, actor.name),
      ),

    remove: (agentId, actor, preconditions = NO_PRECONDITIONS) =>
      committing<void>(async () => {
        const entry = await existing(kv, agentId)
        assertStanding(actor.standing, entry.value)
        assertPreconditions(preconditions, agentState(entry.value))
        const own = await belongings(entry.value)
        const released: ReleasedName = { key: entry.value.key, releasedAt: timestamp() }
        return {
          checks: [toCheck(entry), ...own.checks],
          writes: [
            { key: entry.key, delete: true },
            { key: heartbeatKeyOf(agentId), delete: true },
            { key: registrationKeyOf(agentId), delete: true },
            { key: releasedKeyOf(agentId), value: released, expiresInSeconds: releaseSeconds },
            audit.entry(actor, { action: 'agent.remove', target: agentId }),
            ...own.writes,
          ],
          result: { result: undefined, part: own },
        }
      }),

    async replaceKey(agentId, key, actor, preconditions) {
      const stored = await keys.store(key)
      return update({ agentId, actor, action: 'agent.rotate-key', preconditions }, ({ tokenVersion }) => ({
        key: stored,
        tokenVersion: tokenVersion + 1,
      }))
    },

    async revoke(agentId, actor, preconditions) {
      const raise = ({ tokenVersion }: AgentRecord) => ({ tokenVersion: tokenVersion + 1 })
      await update({ agentId, actor, action: 'agent.revoke', preconditions }, raise, revocations)
    },

    beat: (agentId, report, actor) =>
      transact<LastHeartbeat>(kv, async () => {
        const entry = await existing(kv, agentId)
        assertStanding(actor.standing, entry.value)
        const heartbeat: LastHeartbeat = { at: timestamp(), ...report }
        return {
          checks: [toCheck(entry)],
          writes: [{ key: heartbeatKeyOf(agentId), value: heartbeat }],
          result: heartbeat,
        }
      }),

    registeredAt: async (agentId) => (await kv.get(registrationKeyOf(agentId)))?.version ?? 0,

    heartbeat: async (agentId) => (await kv.get<LastHeartbeat>(heartbeatKeyOf(agentId)))?.value ?? null,
  }

  /** Others may have used the enrolment token meanwhile. */
  async function withFreshToken(registration: Registration): Promise<Registration> {
    if (registration.enrollment === null || registration.enrollment === 'open') return registration
    const enrollment = await tokens.get(registration.enrollment.value.id)
    if (enrollment === null) throw new AppError('FORBIDDEN', 'This enrolment token has been withdrawn')
    return { ...registration, enrollment }
  }
}

export const agentExists = (agentId: string) =>
  new AppError('AGENT_EXISTS', `There is an agent ${agentId} already, and this is not its key`)

async function existing(kv: Kv, agentId: string): Promise<Entry<AgentRecord>> {
  const entry = await kv.get<AgentRecord>(agentKeyOf(agentId))
  if (!entry) throw new AppError('AGENT_NOT_FOUND', `There is no agent ${agentId}`)
  return entry
}

const nothingElse = async (): Promise<Part> => ({ checks: [], writes: [] })

const changeAction = (suspended: boolean | undefined): string =>
  suspended === undefined ? 'agent.update' : suspended ? 'agent.suspend' : 'agent.resume'
