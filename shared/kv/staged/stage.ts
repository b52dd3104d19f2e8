import { AppError } from '../../errors.ts'
import type { Check, CommitResult, Entry, Json, Kv, Write } from '../kv.ts'
import { encodeValue } from '../limits.ts'
import { abandoned, abort, finish } from './finish.ts'
import { type Intent, intentKey, isLock, type Lock, partKey, resolve } from './intent.ts'

export interface StagedCommit {
  id: string
  checks: Check[]
  writes: Write[]
  now: () => number
}

/** How long after its last sign of life a staged commit may be undone by others. */
const ABANDONED_AFTER_MS = 10_000
/** The names of a part's keys, of any length, are one value. */
const MOST_KEYS_A_PART = 500
/** How often a part is tried again when others write its keys at the same time. */
const MAX_ATTEMPTS = 10

/** One key of the commit: what must be true of it, and what shall become of it. */
interface Target {
  key: string
  expected: number | null | undefined
  write: Write | undefined
}

/** Refused also where another staged commit holds a key: read again and try again, as after any refusal. */
export async function stage(kv: Kv, commit: StagedCommit): Promise<CommitResult> {
  const { id, now } = commit
  try {
    if (!(await lockAll(kv, commit))) return await undo(kv, id)
    const decided = await decide(kv, id, now)
    // The keys already say so to every reader; what fails here the next recovery does.
    await finish(kv, id).catch(() => undefined)
    return decided
  } catch (error) {
    await undo(kv, id).catch(() => undefined)
    throw error
  }
}

async function lockAll(kv: Kv, { id, checks, writes, now }: StagedCommit): Promise<boolean> {
  await kv.commit([{ key: intentKey(id), version: null }], [{ key: intentKey(id), value: staging(now()) }])
  const perPart = Math.min(kv.maxOperations - 2, MOST_KEYS_A_PART)
  const targets = toTargets(checks, writes)
  const queue: Target[][] = []
  for (let i = 0; i < targets.length; i += perPart) queue.push(targets.slice(i, i + perPart))

  let parts = 0
  for (let part = queue.shift(); part; part = queue.shift()) {
    const outcome = await lockPart(kv, { id, part, number: parts++, now })
    if (outcome === 'refused') return false
    if (outcome === 'too large') queue.unshift(part.slice(0, part.length / 2), part.slice(part.length / 2))
  }
  return true
}

/** By key, so that two staged commits over the same keys meet at the first one. */
function toTargets(checks: Check[], writes: Write[]): Target[] {
  const targets = new Map<string, Target>()
  for (const { key, version } of checks) targets.set(key, { key, expected: version, write: undefined })
  for (const write of writes) {
    targets.set(write.key, { key: write.key, expected: targets.get(write.key)?.expected, write })
  }
  return [...targets.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

interface PartToLock {
  id: string
  part: Target[]
  number: number
  now: () => number
}

async function lockPart(kv: Kv, { id, part, number, now }: PartToLock): Promise<'locked' | 'refused' | 'too large'> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const intent = await kv.get<Intent>(intentKey(id))
    if (intent?.value.state !== 'staging') throw tookTooLong()
    // Keys that must be absent are not read first: the commit itself finds out.
    const blind = attempt === 0
    const entries = await Promise.all(part.map((t) => (blind && t.expected === null ? null : kv.get(t.key))))
    const locks = await Promise.all(
      part.map((target, i) => lockFor(kv, { id, target, entry: entries[i] ?? null, now })),
    )
    if (locks.includes('refused')) return 'refused'

    const held = locks as Lock[]
    if (part.length > 1 && sizeOf(held) > kv.maxCommitBytes) return 'too large'
    const { ok } = await kv.commit(
      [intent, ...part.map(({ key }, i) => entries[i] ?? { key, version: null })].map(({ key, version }) => ({
        key,
        version,
      })),
      [
        { key: intent.key, value: staging(now()) },
        { key: partKey(id, number), value: { keys: part.map(({ key }) => key) } },
        ...part.map(({ key }, i) => ({ key, value: held[i] as Lock })),
      ],
    )
    if (ok) return 'locked'
  }
  return 'refused'
}

interface KeyToLock {
  id: string
  target: Target
  entry: Entry | null
  now: () => number
}

async function lockFor(kv: Kv, { id, target, entry, now }: KeyToLock): Promise<Lock | 'refused'> {
  if (entry && isLock(entry.value)) {
    const other = entry.value.$intent
    if (await abandoned(kv, other, now())) await abort(kv, other)
    const intent = await kv.get<Intent>(intentKey(other))
    if (intent?.value.state === 'staging') return 'refused'
  }
  const before = entry && (await resolve(kv, entry))
  if (target.expected !== undefined && target.expected !== (before?.version ?? null)) return 'refused'
  return {
    $intent: id,
    before: before && { value: before.value, version: before.version },
    after: afterwards(target.write, before),
  }
}

function afterwards(write: Write | undefined, before: Entry | null): Lock['after'] {
  if (!write) return before && { value: before.value }
  if ('delete' in write) return null
  const { value, expiresInSeconds } = write
  return expiresInSeconds === undefined ? { value } : { value, expiresInSeconds }
}

async function decide(kv: Kv, id: string, now: () => number): Promise<CommitResult> {
  const intent = await kv.get<Intent>(intentKey(id))
  if (intent?.value.state !== 'staging') throw tookTooLong()
  const committed: Intent = { state: 'committed', deadlineMs: now() }
  const result = await kv.commit(
    [intent].map(({ key, version }) => ({ key, version })),
    [{ key: intent.key, value: committed }],
  )
  if (!result.ok) throw tookTooLong()
  return result
}

async function undo(kv: Kv, id: string): Promise<CommitResult> {
  await abort(kv, id)
  await finish(kv, id)
  return { ok: false }
}

const staging = (nowMs: number): Intent => ({ state: 'staging', deadlineMs: nowMs + ABANDONED_AFTER_MS })

const sizeOf = (locks: Lock[]): number => locks.reduce((bytes, lock) => bytes + encodeValue(lock as Json).length, 0)

const tookTooLong = () =>
  new AppError('STORE_UNAVAILABLE', 'The store was too slow for this large change, which was undone: try again')
