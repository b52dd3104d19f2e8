/** Backends as the store has them: what each provider has told, which of it changes, and that HAProxy hears of it. */
import type { Actor } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import type { Backend } from '../domain/backend.ts'
import { NO_PRECONDITIONS, type Preconditions } from '../domain/preconditions.ts'
import { AppError } from '../errors.ts'
import type { AppliedHow, Outcome, StoredBackend } from '../gateway/gateway.ts'
import type { RouteStatus } from '../gateway/states.ts'
import { listAll } from '../kv/list-all.ts'
import { transactAt } from '../kv/transact.ts'
import type { BackendRecord } from './backend-record.ts'
import type { Changed } from './commit.ts'
import { type BackendChange, decideChanges, decideMoves, decideOrder, decideUndo } from './decide.ts'
import type { BackendsOptions } from './options.ts'
import { createLookAgain } from './refresh.ts'
import { BACKENDS, backendKey, backendsOf, PROVIDER_ORDER } from './store-keys.ts'

/** The provider whose backends are put by hand, by PUT /api/backends/{name}. */
export const BY_HAND = 'api'

interface BackendOutcome {
  name: string
  /** Null when it is in the store and on its way to HAProxy; otherwise why it was not taken (its last state holds). */
  error: Error | null
}

interface Waiting {
  waitMs?: number | undefined
}

export type BackendDid = 'created' | 'changed' | 'unchanged'

export interface Backends {
  /** What is in the store of this provider: its last state, also after a restart of the front. */
  of(provider: string): Promise<Backend[]>
  /**
   * One commit for all of them (staged where large) and one sync with HAProxy. What is unchanged costs nothing.
   * A backend that cannot be taken (a refused target) does not keep the others from being taken.
   */
  apply(
    provider: string,
    changes: readonly BackendChange[],
    options?: Waiting & { changedBy?: string },
  ): Promise<{ outcomes: BackendOutcome[]; status: RouteStatus; applied: AppliedHow }>
  /** The providers in the order in which they win a name; what an unknown one has left in the store is removed. */
  setProviders(names: readonly string[]): Promise<void>
  /** By hand. Throws what keeps it from being taken, also HAProxy's refusal, and then nothing is changed. */
  put(
    backend: Backend,
    actor: Actor,
    options?: Waiting & { preconditions?: Preconditions },
  ): Promise<{ did: BackendDid; record: BackendRecord; outcome: Outcome | null }>
  /** One that was put by hand. Throws BACKEND_NOT_FOUND, BACKEND_IS_PROVIDED. */
  remove(name: string, actor: Actor, options?: { preconditions?: Preconditions }): Promise<void>
  /** Of several that have this name the one that is served. */
  find(name: string): Promise<BackendRecord | null>
  any(): Promise<boolean>
  /** Asks again what the names of servers stand for. Says how many backends go elsewhere since. */
  refresh(): Promise<number>
  /** By their providers and names. */
  page(options: { after: string; limit: number }): Promise<{ records: BackendRecord[]; next: string | null }>
}

const WAITING: Outcome = {
  status: 'pending',
  reason: null,
  applied: { via: 'none', why: 'it could not be applied yet', steps: [] },
}
const UNCHANGED: AppliedHow = { via: 'none', why: 'nothing changed', steps: [] }

export function createBackends(options: BackendsOptions): Backends {
  const { kv, targets, gateway, log } = options
  const lookAgain = createLookAgain(options)

  const order = async (): Promise<string[]> => (await kv.get<string[]>(PROVIDER_ORDER))?.value ?? [BY_HAND]

  /** What was accepted stays accepted, whatever happens to the gateway. */
  const tell = async (
    changed: readonly Changed[],
    revision: number | null,
    { waitMs, more = [] }: Waiting & { more?: StoredBackend[] } = {},
  ): Promise<Outcome | null> => {
    if (revision === null) return null
    const told = [...changed.map(({ key, after }) => ({ key, value: after, version: revision })), ...more]
    try {
      return await gateway.applyBackends(told, { waitMs })
    } catch (error) {
      log.error('Could not bring accepted backends to the data planes', { error, backends: told.length })
      return WAITING
    }
  }

  const answersFor = (changes: readonly BackendChange[]) =>
    targets.resolve(changes.flatMap(({ backend }) => backend?.servers.map(({ address }) => address) ?? []))

  const change = async (
    provider: string,
    changes: readonly BackendChange[],
    { actor, preconditions = NO_PRECONDITIONS }: { actor: Actor; preconditions?: Preconditions | undefined },
  ) => {
    const answers = await answersFor(changes)
    return transactAt(kv, () => decideChanges(options, { provider, changes, answers, actor, preconditions }))
  }

  return {
    async of(provider) {
      const found: Backend[] = []
      for await (const { value } of listAll<BackendRecord>(kv, backendsOf(provider))) found.push(value.backend)
      return found
    },

    async apply(provider, changes, { changedBy = `provider ${provider}`, waitMs } = {}) {
      const { result, revision } = await change(provider, changes, { actor: { ...FRONT, name: changedBy } })
      const outcome = await tell(result.changed, revision, { waitMs })
      const outcomes = changes.map(({ name }) => ({ name, error: result.refused.get(name) ?? null }))
      return { outcomes, status: outcome?.status ?? 'settled', applied: outcome?.applied ?? UNCHANGED }
    },

    async setProviders(names) {
      const { result, revision } = await transactAt(kv, () => decideOrder(options, [BY_HAND, ...names]))
      if (revision === null) return
      await tell(result.changed, revision, { more: [{ key: PROVIDER_ORDER, value: result.order, version: revision }] })
    },

    async put(backend, actor, { preconditions, waitMs } = {}) {
      const changes = [{ name: backend.name, backend }]
      const { result, revision } = await change(BY_HAND, changes, { actor, preconditions })
      const refusal = result.refused.get(backend.name)
      if (refusal) throw refusal
      const record = result.known.get(backend.name)
      if (!record) throw new RangeError('a backend that was put and is not there')
      const [changed] = result.changed
      if (!changed) return { did: 'unchanged', record, outcome: null }
      const outcome = await tell(result.changed, revision, { waitMs })
      if (outcome?.status === 'failed') {
        const reason = outcome.reason ?? 'without a reason'
        const undone = await transactAt(kv, () => decideUndo(options, changed, { actor, reason }))
        await tell(undone.result, undone.revision)
        throw new AppError('REJECTED_BY_HAPROXY', `HAProxy refused it, so nothing was changed: ${reason}`)
      }
      return { did: changed.before ? 'changed' : 'created', record, outcome }
    },

    async remove(name, actor, { preconditions } = {}) {
      const there = await this.find(name)
      if (!there) throw new AppError('BACKEND_NOT_FOUND', `There is no backend ${name}`)
      if (there.provider !== BY_HAND)
        throw new AppError(
          'BACKEND_IS_PROVIDED',
          `The backend ${name} comes from the provider ${there.provider}: take it away there`,
        )
      const { result, revision } = await change(BY_HAND, [{ name, backend: null }], { actor, preconditions })
      await tell(result.changed, revision)
    },

    async find(name) {
      for (const provider of await order()) {
        const entry = await kv.get<BackendRecord>(backendKey(provider, name))
        if (entry) return entry.value
      }
      return null
    },

    async refresh() {
      const { keys, answers } = await lookAgain()
      if (keys.length === 0) return 0
      const { result, revision } = await transactAt(kv, () => decideMoves(options, keys, answers))
      await tell(result, revision)
      return result.length
    },

    async any() {
      const { entries } = await kv.list(BACKENDS, { limit: 1 })
      return entries.some(({ key }) => key !== PROVIDER_ORDER)
    },

    async page({ after, limit }) {
      const page = await kv.list<BackendRecord>(BACKENDS, { after: after && BACKENDS + after, limit })
      const records = page.entries.filter(({ key }) => key !== PROVIDER_ORDER).map(({ value }) => value)
      return { records, next: page.next?.slice(BACKENDS.length) ?? null }
    },
  }
}
