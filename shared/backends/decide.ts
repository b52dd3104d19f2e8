import type { Actor } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import type { Backend } from '../domain/backend.ts'
import { assertPreconditions, type Preconditions } from '../domain/preconditions.ts'
import { AppError } from '../errors.ts'
import type { Entry, Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { Decision } from '../kv/transact.ts'
import { attempt } from '../routes/edit.ts'
import type { NameAnswers } from '../targets/targets.ts'
import { type BackendRecord, backendState } from './backend-record.ts'
import { type Changed, commitOf } from './commit.ts'
import { happeningOf } from './happening.ts'
import { makeRecord, pinAgain } from './make-record.ts'
import type { BackendsOptions } from './options.ts'
import { BACKENDS, backendKey, backendsOf, PROVIDER_ORDER } from './store-keys.ts'

export interface BackendChange {
  name: string
  /** `null`: it is gone. */
  backend: Backend | null
}

export interface Wish {
  provider: string
  changes: readonly BackendChange[]
  answers: NameAnswers
  actor: Actor
  preconditions: Preconditions
}

export interface Decided {
  changed: Changed[]
  /** By name, what cannot be taken and why. */
  refused: Map<string, AppError>
  /** By name, what is there then. */
  known: Map<string, BackendRecord>
}

/** From here on one list of all that the provider has is cheaper. */
const MANY = 16

export async function decideChanges(options: BackendsOptions, wish: Wish): Promise<Decision<Decided>> {
  const { kv, audit } = options
  const { provider, changes, actor, preconditions } = wish
  // Of two words about one backend the last one counts.
  const wanted = new Map(changes.map(({ name, backend }) => [name, backend]))
  const entries = await readEntries(kv, provider, [...wanted.keys()])
  const decided: Decided = { changed: [], refused: new Map(), known: new Map() }
  for (const [name, backend] of wanted) {
    const before = entries.get(name) ?? null
    assertPreconditions(preconditions, before && backendState(before.value))
    const after = backend && attempt(() => recordOf(options, wish, backend, before?.value ?? null))
    if (after instanceof AppError) decided.refused.set(name, after)
    else {
      if (after) decided.known.set(name, after)
      if ((before?.value ?? null) !== after) decided.changed.push({ key: backendKey(provider, name), before, after })
    }
  }
  if (decided.changed.length === 0) return { checks: [], writes: [], result: decided }
  const { checks, writes } = await commitOf(kv, decided.changed)
  return { checks, writes: [...writes, audit.entry(actor, happeningOf(decided.changed))], result: decided }
}

function recordOf(
  { targets, settings, now }: BackendsOptions,
  { provider, answers, actor }: Wish,
  backend: Backend,
  before: BackendRecord | null,
): BackendRecord {
  return makeRecord(backend, before, { provider, targets, answers, settings, nowMs: now(), changedBy: actor.name })
}

export async function decideOrder(
  { kv, audit }: BackendsOptions,
  order: string[],
): Promise<Decision<{ order: string[]; changed: Changed[] }>> {
  const known = await kv.get<string[]>(PROVIDER_ORDER)
  const changed: Changed[] = []
  for await (const entry of listAll<BackendRecord>(kv, BACKENDS)) {
    if (entry.key === PROVIDER_ORDER || order.includes(entry.value.provider)) continue
    changed.push({ key: entry.key, before: entry, after: null })
  }
  const result = { order, changed }
  const isSame = JSON.stringify(known?.value) === JSON.stringify(order)
  if (isSame && changed.length === 0) return { checks: [], writes: [], result }
  const { checks, writes } = await commitOf(kv, changed)
  const told = changed.length > 0 ? [audit.entry(FRONT, happeningOf(changed))] : []
  return {
    checks: [{ key: PROVIDER_ORDER, version: known?.version ?? null }, ...checks],
    writes: [{ key: PROVIDER_ORDER, value: order }, ...writes, ...told],
    result,
  }
}

/** Makes a backend what it was before a change that HAProxy refused. What somebody changed since then stays. */
export async function decideUndo(
  { kv, audit }: BackendsOptions,
  { key, before, after }: Changed,
  { actor, reason }: { actor: Actor; reason: string },
): Promise<Decision<Changed[]>> {
  const now = await kv.get<BackendRecord>(key)
  if (!now || !after || backendState(now.value) !== backendState(after)) return { checks: [], writes: [], result: [] }
  // No revision is ever used twice, the refused one neither.
  const restored = before && { ...before.value, revision: after.revision + 1, changedBy: FRONT.name }
  const changed = [{ key, before: now, after: restored }]
  const { checks, writes } = await commitOf(kv, changed)
  const { target, details } = happeningOf(changed)
  const told = { action: 'backend.roll-back', target, outcome: 'refused' as const, details: { ...details, reason } }
  return { checks, writes: [...writes, audit.entry(actor, told)], result: changed }
}

/** Those of these backends that go elsewhere, since the names of servers stand for other addresses. */
export async function decideMoves(
  { kv, audit, targets, log, now }: BackendsOptions,
  keys: readonly string[],
  answers: NameAnswers,
): Promise<Decision<Changed[]>> {
  const entries = await Promise.all(keys.map((key) => kv.get<BackendRecord>(key)))
  const changed = entries.flatMap((before): Changed[] => {
    if (!before) return []
    const { value } = before
    const moved = attempt(() => value.targets.map((target) => pinAgain(targets, target, answers)))
    if (moved instanceof AppError) {
      log.warn('A server keeps its address: the new one may not be used', { backend: value.backend.name, error: moved })
      return []
    }
    // Another front was here before.
    if (moved.every(({ address }, i) => address === value.targets[i]?.address)) return []
    const updatedAt = new Date(now()).toISOString()
    const after = { ...value, targets: moved, revision: value.revision + 1, updatedAt }
    return [{ key: before.key, before, after }]
  })
  if (changed.length === 0) return { checks: [], writes: [], result: [] }
  const { checks, writes } = await commitOf(kv, changed)
  const told = { ...happeningOf(changed), action: 'backend.resolve' }
  return { checks, writes: [...writes, audit.entry(FRONT, told)], result: changed }
}

async function readEntries(kv: Kv, provider: string, names: string[]): Promise<Map<string, Entry<BackendRecord>>> {
  const found = new Map<string, Entry<BackendRecord>>()
  if (names.length > MANY) {
    for await (const entry of listAll<BackendRecord>(kv, backendsOf(provider)))
      found.set(entry.value.backend.name, entry)
    return found
  }
  const entries = await Promise.all(names.map((name) => kv.get<BackendRecord>(backendKey(provider, name))))
  for (const entry of entries) if (entry) found.set(entry.value.backend.name, entry)
  return found
}
