import type { BackendChange } from '../backends/decide.ts'
import type { Backend, BackendInput } from '../domain/backend.ts'
import { inTime } from '../lib/in-time.ts'
import { plainJson } from '../lib/plain-json.ts'
import type { Account } from './account.ts'
import type { EventChannel } from './channel.ts'
import { byName } from './differences.ts'
import type { Keeping } from './keeping.ts'
import { parseBackend } from './parse-backend.ts'
import type { BackendProvider } from './provider.ts'
import type { StoreMemory } from './store-memory.ts'

const ANSWER_MS = 30_000

export interface ReconcileParts {
  provider: BackendProvider
  keeping: Keeping
  memory: StoreMemory
  channel: EventChannel
  account: Account
  signal: AbortSignal
}

type Stored = ReadonlyMap<string, Backend>

/**
 * Compares what the source has with what the store has of it, and mends. It also finds what was removed while no front
 * ran. What is on its way through the channel is left to it, and so is what another front has written since the
 * source was asked.
 */
export async function reconcile(parts: ReconcileParts): Promise<void> {
  const { provider, keeping, memory, channel, account, signal } = parts
  const stored = await keeping.read()
  const readAtMs = performance.now()
  memory.saw(stored, readAtMs)
  const told = await askSource(provider, account, signal)
  if (told === null || signal.aborted) return
  const askedAtMs = provider.askedAtMs?.() ?? readAtMs
  // A source that has trouble is not believed that something is gone.
  const mayRemove = account.condition === 'running' && account.lastError === null
  const wanted = parsed(told, account)
  const changes = [...changesFor(wanted, stored), ...(mayRemove ? removals(told, stored) : [])].filter(
    (change) => !channel.has(change.name) && memory.hadBefore(change.name, askedAtMs) && keeping.mayTry(change),
  )
  memory.forgetBefore(askedAtMs)
  account.keepRefused(new Set([...told.keys(), ...stored.keys()]))
  if (changes.length === 0) return
  const since = await keeping.read()
  await keeping.put(changes.filter(({ name }) => plainJson(since.get(name)) === plainJson(stored.get(name))))
}

/** Null: it does not say. */
async function askSource(provider: BackendProvider, account: Account, signal: AbortSignal) {
  try {
    const late = `The source has not said within ${ANSWER_MS / 1_000} seconds what it has`
    return byName(await inTime(() => provider.getBackends(), { ms: ANSWER_MS, signal, late }))
  } catch (error) {
    // One that has never answered says so by itself.
    if (account.condition === 'running' && !signal.aborted) account.failed(error, undefined)
    return null
  }
}

function parsed(told: ReadonlyMap<string, BackendInput>, account: Account): Map<string, Backend> {
  const wanted = new Map<string, Backend>()
  for (const [name, input] of told) {
    const result = parseBackend(input)
    if ('problem' in result) account.refuse(name, result.problem)
    else wanted.set(name, result.value)
  }
  return wanted
}

const changesFor = (wanted: Stored, stored: Stored): BackendChange[] =>
  [...wanted]
    .filter(([name, backend]) => plainJson(stored.get(name)) !== plainJson(backend))
    .map(([name, backend]) => ({ name, backend }))

const removals = (told: ReadonlyMap<string, unknown>, stored: Stored): BackendChange[] =>
  [...stored.keys()].filter((name) => !told.has(name)).map((name) => ({ name, backend: null }))
