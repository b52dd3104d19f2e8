import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Backend, type BackendInput } from '../../shared/domain/backend.ts'
import { createPollingProvider } from '../../shared/providers/polling-provider.ts'
import type { BackendProvider, Emit, Watching } from '../../shared/providers/provider.ts'
import { backend, configured, manage } from './managed.ts'

const NAMES = 40
const EVENTS = 10_000

/** Tells what it is told to, and fails when it is told to. What it has is the model. */
function scripted(model: Map<string, BackendInput>) {
  let current: { emit: Emit; watching: Watching; fail(error: Error): void } | undefined
  let isAway = false
  const provider: BackendProvider = {
    async start(emit, watching) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      watching.signal.addEventListener('abort', () => resolve())
      current = { emit, watching, fail: reject }
      watching.succeeded()
      for (const each of [...model.values()]) await emit({ type: 'ADD', backend: each })
      await promise
    },
    async getBackends() {
      if (isAway) throw new Error('away')
      return [...model.values()]
    },
    getBackend: async (name) => model.get(name) ?? null,
    stop: async () => undefined,
  }
  const setAway = (away: boolean) => {
    isAway = away
    if (away) current?.watching.failed(new Error('away'))
    else current?.watching.succeeded()
  }
  return {
    provider,
    tell: (name: string) => {
      const now = model.get(name)
      return current?.emit(now ? { type: 'UPDATE', backend: now } : { type: 'DELETE', name })
    },
    crash: () => current?.fail(new Error('crashed')),
    comeAndGo: () => setAway(!isAway),
    comeBack: () => setAway(false),
  }
}

const step = fc.record({
  name: fc.nat(NAMES - 1).map((i) => `b${i}`),
  port: fc.integer({ min: 1, max: 65_535 }),
  remove: fc.boolean(),
  /** Who does not wait floods the channel. */
  waits: fc.integer({ min: 0, max: 9 }).map((n) => n > 2),
  fault: fc.oneof(
    { weight: 400, arbitrary: fc.constant('none') },
    { weight: 2, arbitrary: fc.constantFrom('store', 'away', 'lost') },
  ),
})

it('ends, after ten thousand events and whatever goes wrong, where the source is', { timeout: 60_000 }, async () => {
  const [steps = []] = fc.sample(fc.array(step, { minLength: EVENTS, maxLength: EVENTS }))
  const { manager, kept } = manage()
  const model = new Map<string, BackendInput>()
  const source = scripted(model)
  let storeFaults = 0
  kept.fault = () => (storeFaults-- > 0 ? new Error('the store is away') : null)
  await manager.configure([configured('source', () => source.provider)], { channelSize: 8 })
  for (const { name, port, remove, waits, fault } of steps) {
    if (fault === 'store') storeFaults = 1
    if (fault === 'away') source.comeAndGo()
    if (remove) model.delete(name)
    else model.set(name, backend(name, port))
    // A source that loses an event must be found out by the reconciler.
    const told = fault === 'lost' ? undefined : source.tell(name)
    if (waits) await told
  }
  storeFaults = 0
  source.comeBack()
  source.crash()
  const wanted = () => JSON.stringify([...model].sort().map(([, each]) => Backend.parse(each)))
  const found = () => JSON.stringify([...(kept.all.get('source') ?? [])].sort().map(([, each]) => each))
  await kept.until(() => found() === wanted())
  expect((await manager.states())[1]?.channel.waiting).toBe(0)
})

it('ends where the source is, with polls that fail, hang and come late', async () => {
  const { manager, kept } = manage()
  const model = new Map<string, BackendInput>()
  let polls = 0
  const fetch = async (signal: AbortSignal) => {
    if (++polls % 7 === 0) throw new Error('away')
    if (polls % 11 === 0) return new Promise<never>((_, reject) => signal.addEventListener('abort', reject))
    return [...model.values()]
  }
  kept.fault = () => (Math.random() < 0.02 ? new Error('the store is away') : null)
  const open = () => createPollingProvider({ fetch, intervalMs: 1, timeoutMs: 3, longestPauseMs: 5 })
  await manager.configure([configured('source', open)]).catch(() => manager.configure([configured('source', open)]))
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 20; i++) {
      const name = `b${Math.floor(Math.random() * NAMES)}`
      if (Math.random() < 0.3) model.delete(name)
      else model.set(name, backend(name, 1 + Math.floor(Math.random() * 60_000)))
    }
    const seen = polls
    await kept.until(() => polls > seen)
  }
  kept.fault = () => null
  await kept.until(() => kept.all.get('source')?.size === model.size && [...model.values()].every(isKept))
  function isKept(each: BackendInput): boolean {
    return JSON.stringify(kept.all.get('source')?.get(each.name)) === JSON.stringify(Backend.parse(each))
  }
})
