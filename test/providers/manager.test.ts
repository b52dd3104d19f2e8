import { describe, expect, it } from 'vitest'
import { Backend, type BackendInput } from '../../shared/domain/backend.ts'
import { createPollingProvider } from '../../shared/providers/polling-provider.ts'
import type { BackendProvider } from '../../shared/providers/provider.ts'
import { createSimpleProvider } from '../../shared/providers/simple-provider.ts'
import { keptBackends } from './kept-backends.ts'
import { backend, configured, manage } from './managed.ts'

const idle: BackendProvider = {
  start: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  getBackends: async () => {
    throw new Error('not known')
  },
  getBackend: async () => null,
  stop: async () => undefined,
}

const stored = (...backends: BackendInput[]) =>
  new Map(backends.map((each) => [each.name, Backend.parse(each)] as const))

describe('events', () => {
  it('bring what a provider tells into the store', async () => {
    const { manager, kept, portsOf, stateOf } = manage()
    const source = createSimpleProvider([backend('api', 1), backend('web', 2)])
    await manager.configure([configured('source', () => source)])
    await kept.until(() => kept.all.get('source')?.size === 2)
    await source.update(backend('api', 1, 3))
    await source.remove('web')
    await kept.until(() => kept.all.get('source')?.size === 1 && portsOf('source', 'api')?.length === 2)
    expect(portsOf('source', 'api')).toEqual([1, 3])
    const { events, state, backends, channel } = await stateOf('source')
    expect({ events, state, backends, channel }).toEqual({
      events: { added: 2, updated: 1, deleted: 1 },
      state: 'running',
      backends: 1,
      channel: { waiting: 0, size: 100 },
    })
  })

  it('that wait together are one change', async () => {
    const { manager, kept } = manage({ reconcileIntervalMs: 60_000 })
    const many = Array.from({ length: 1_000 }, (_, i) => backend(`b${i}`, 1))
    await manager.configure([
      configured('source', () => createPollingProvider({ fetch: async () => many, intervalMs: 5 })),
    ])
    await kept.until(() => kept.all.get('source')?.size === 1_000)
    expect(kept.calls.filter((count) => count > 0)).toEqual([1_000])
  })

  it('of a backend that is wrong leave its last state, and do not keep the others', async () => {
    const { manager, kept, stateOf, portsOf, logged } = manage()
    const source = createSimpleProvider([backend('api', 1)])
    await manager.configure([configured('source', () => source)])
    await kept.until(() => portsOf('source', 'api') !== null)
    await source.update({ ...backend('api', 70_000), colour: 'red' } as BackendInput)
    await source.add(backend('web', 2))
    await kept.until(() => portsOf('source', 'web') !== null)
    expect(portsOf('source', 'api')).toEqual([1])
    const { refused, problems, state } = await stateOf('source')
    expect({ refused, state }).toEqual({ refused: 1, state: 'running' })
    expect(problems).toEqual([
      { name: 'api', reason: expect.stringMatching(/servers\[0\]\.port .*; unknown field "colour"/) },
    ])
    await source.update(backend('api', 3))
    await kept.until(() => portsOf('source', 'api')?.[0] === 3)
    expect((await stateOf('source')).refused).toBe(0)
    expect(logged.filter(({ msg }) => msg === 'A backend was not taken: its last state stays')).toHaveLength(1)
  })

  it('of names that no backend can have change nothing', async () => {
    const { manager, kept, stateOf, portsOf } = manage({ reconcileIntervalMs: 60_000 })
    const source = createSimpleProvider()
    await manager.configure([configured('source', () => source)])
    await source.add(backend('../../etc/passwd\nserver x', 1))
    await source.add(backend('good', 1))
    await kept.until(() => portsOf('source', 'good') !== null)
    expect([...(kept.all.get('source')?.keys() ?? [])]).toEqual(['good'])
    expect((await stateOf('source')).problems[0]?.reason).toMatch(/^name must begin with a letter or digit/)
  })

  it('that the store cannot take wait and are taken later', async () => {
    const { manager, kept, portsOf, stateOf, untilLogged } = manage({ reconcileIntervalMs: 60_000 })
    const source = createSimpleProvider([backend('api', 1)])
    await manager.configure([configured('source', () => source)])
    await kept.until(() => portsOf('source', 'api') !== null)
    kept.fault = () => new Error('the store is away')
    await source.update(backend('api', 2))
    await untilLogged('Could not keep what a provider told: it is tried again')
    const { state, lastError, nextTryAt } = await stateOf('source').catch(() => {
      kept.fault = () => null
      return stateOf('source')
    })
    expect({ state, lastError }).toEqual({ state: 'failing', lastError: 'the store is away' })
    expect(nextTryAt).not.toBeNull()
    expect(portsOf('source', 'api')).toEqual([1])
    await source.update(backend('api', 3))
    await kept.until(() => portsOf('source', 'api')?.[0] === 3)
    await untilLogged('What a provider told is kept again')
    expect((await stateOf('source')).state).toBe('running')
  })
})

describe('the reconciler', () => {
  it('removes what went away while no front ran', async () => {
    const kept = keptBackends()
    kept.all.set('source', stored(backend('old', 1), backend('api', 1)))
    const { manager, portsOf } = manage({ kept })
    await manager.configure([
      configured('source', () => createPollingProvider({ fetch: async () => [backend('api', 2)], intervalMs: 5 })),
    ])
    await kept.until(() => portsOf('source', 'old') === null && portsOf('source', 'api')?.[0] === 2)
  })

  it('mends what became otherwise in the store', async () => {
    const { manager, kept, portsOf } = manage()
    await manager.configure([configured('source', () => createSimpleProvider([backend('api', 1)]))])
    await kept.until(() => portsOf('source', 'api') !== null)
    kept.all.set('source', stored(backend('other', 9)))
    await kept.until(() => portsOf('source', 'api') !== null && portsOf('source', 'other') === null)
  })

  it('does not undo what another front has learned since the source was asked', async () => {
    const { manager, kept, portsOf, stateOf } = manage({ reconcileIntervalMs: 1 })
    let answered = 0
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const fetch = async () => {
      if (answered++ > 0) await asked
      return answered > 1 ? [backend('api', 3)] : [backend('api', 1), backend('gone', 1)]
    }
    await manager.configure([configured('source', () => createPollingProvider({ fetch, intervalMs: 1 }))])
    await kept.until(() => kept.all.get('source')?.size === 2)
    kept.all.set('source', stored(backend('api', 2)))
    // Any number of looks later it is as the other front has left it.
    for (let i = 0; i < 50; i++) await stateOf('source').then(() => new Promise((resolve) => setTimeout(resolve, 1)))
    expect([...(kept.all.get('source')?.values() ?? [])]).toEqual([Backend.parse(backend('api', 2))])
    ask()
    await kept.until(() => portsOf('source', 'api')?.[0] === 3)
  })

  it('believes no source that has trouble that something is gone', async () => {
    const kept = keptBackends()
    kept.all.set('source', stored(backend('api', 1), backend('unclear', 1)))
    const { manager, portsOf } = manage({ kept })
    const half: BackendProvider = {
      ...idle,
      async start(_, { signal, failed }) {
        failed(new Error('one record cannot be read'))
        await idle.start(async () => undefined, { signal, failed, succeeded: () => undefined })
      },
      getBackends: async () => [backend('api', 2)],
    }
    await manager.configure([configured('source', () => half)])
    await kept.until(() => portsOf('source', 'api')?.[0] === 2)
    expect(portsOf('source', 'unclear')).toEqual([1])
  })

  it('tries a backend that was refused again, ever more seldom', async () => {
    const { manager, kept, portsOf, stateOf } = manage({ reconcileIntervalMs: 1 })
    let asked = 0
    kept.refusal = (name) => (name === 'bad' && asked++ < 1_000 ? new Error('HAProxy does not want it') : null)
    const source = createSimpleProvider([backend('bad', 1), backend('good', 1)])
    await manager.configure([configured('source', () => source)])
    await kept.until(() => portsOf('source', 'good') !== null)
    expect((await stateOf('source')).problems).toEqual([{ name: 'bad', reason: 'HAProxy does not want it' }])
    await source.update(backend('good', 2))
    await kept.until(() => portsOf('source', 'good')?.[0] === 2)
    expect(asked).toBeLessThan(4)
    // What says something else is tried at once.
    kept.refusal = () => null
    await source.update(backend('bad', 2))
    await kept.until(() => portsOf('source', 'bad')?.[0] === 2)
  })
})

describe('a provider that fails', () => {
  it('keeps its last state over a restart of the front, and says why', async () => {
    const kept = keptBackends()
    kept.all.set('database', stored(backend('api', 1)))
    const { manager, portsOf, stateOf, untilLogged, logged } = manage({ kept })
    const fetch = async () => {
      throw new Error('cannot reach http://admin:hunter2hunter2@db.example.com with s3cr3t-token')
    }
    await manager.configure([
      configured('database', () => createPollingProvider({ fetch, intervalMs: 1 }), { secrets: ['s3cr3t-token'] }),
    ])
    await untilLogged('A provider cannot tell its backends: the last that it told stay')
    expect(portsOf('database', 'api')).toEqual([1])
    const { state, lastError, lastPollAt, nextTryAt, backends } = await stateOf('database')
    expect({ state, lastError, lastPollAt, backends }).toEqual({
      state: 'failing',
      lastError: 'cannot reach http://[redacted]@db.example.com with [redacted]',
      lastPollAt: null,
      backends: 1,
    })
    expect(nextTryAt).not.toBeNull()
    expect(JSON.stringify(logged)).not.toMatch(/hunter2|s3cr3t/)
  })

  it('touches no other', async () => {
    const { manager, kept, portsOf, stateOf } = manage()
    const broken: BackendProvider = { ...idle, start: () => Promise.reject(new Error('broken')) }
    const stuck: BackendProvider = { ...idle, getBackends: () => new Promise(() => undefined) }
    const thrower = () => {
      throw new Error('cannot be opened')
    }
    const source = createSimpleProvider([backend('api', 1)])
    await manager.configure([
      configured('broken', () => broken),
      configured('stuck', () => stuck),
      configured('thrower', thrower),
      configured('source', () => source),
    ])
    await kept.until(() => portsOf('source', 'api') !== null)
    const states = (await manager.states()).map(({ name, state, lastError }) => [name, state, lastError])
    expect(states).toEqual([
      ['api', 'running', null],
      ['broken', 'failing', 'broken'],
      ['stuck', 'starting', null],
      ['thrower', 'failing', 'cannot be opened'],
      ['source', 'running', null],
    ])
    expect((await stateOf('broken')).nextTryAt).not.toBeNull()
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('lost the connection'))],
    ['ends by itself', () => Promise.resolve()],
  ])('is started again when it %s', async (_, outcome) => {
    const { manager, kept, portsOf } = manage()
    let starts = 0
    const provider: BackendProvider = {
      ...idle,
      async start(emit, watching) {
        if (++starts === 1) return outcome()
        await emit({ type: 'ADD', backend: backend('api', starts) })
        return idle.start(emit, watching)
      },
    }
    await manager.configure([configured('source', () => provider)])
    await kept.until(() => portsOf('source', 'api')?.[0] === 2)
  })
})

describe('configure', () => {
  it('starts what is new, ends what is gone with its backends, and leaves the others alone', async () => {
    const { manager, kept, portsOf } = manage()
    const opened: string[] = []
    const source = (name: string, print = name) =>
      configured(
        name,
        () => {
          opened.push(print)
          return createSimpleProvider([backend(`of-${name}`, print.length)])
        },
        { print },
      )
    await manager.configure([source('a'), source('b'), source('c')])
    await kept.until(() => ['a', 'b', 'c'].every((name) => portsOf(name, `of-${name}`) !== null))
    await manager.configure([source('d'), source('c', 'changed'), source('b')])
    await kept.until(() => portsOf('d', 'of-d') !== null && portsOf('c', 'of-c')?.[0] === 'changed'.length)
    expect(opened).toEqual(['a', 'b', 'c', 'd', 'changed'])
    expect(kept.order).toEqual(['d', 'c', 'b'])
    expect(kept.all.has('a')).toBe(false)
    expect((await manager.states()).map(({ name }) => name)).toEqual(['api', 'd', 'c', 'b'])
  })

  it('hears nothing any more of what was ended', async () => {
    const { manager, kept, portsOf } = manage()
    const source = createSimpleProvider([backend('api', 1)])
    await manager.configure([configured('source', () => source)])
    await kept.until(() => portsOf('source', 'api') !== null)
    await manager.configure([])
    await source.update(backend('api', 2))
    expect(kept.all.size).toBe(0)
    const calls = kept.calls.length
    await manager.configure([])
    expect(kept.calls).toHaveLength(calls)
  })

  it('does not wait for a provider that does not end', { timeout: 20_000 }, async () => {
    const { manager, kept, untilLogged } = manage()
    const { promise: started, resolve: start } = Promise.withResolvers<void>()
    const endless = () => {
      start()
      return new Promise<never>(() => undefined)
    }
    await manager.configure([configured('endless', () => ({ ...idle, start: endless }))])
    await started
    await manager.configure([configured('source', () => createSimpleProvider([backend('api', 1)]))])
    await kept.until(() => kept.all.get('source')?.size === 1)
    await untilLogged('Could not close a provider')
  })

  it('keeps the backends when the front stops', async () => {
    const { manager, kept, portsOf } = manage()
    await manager.configure([configured('source', () => createSimpleProvider([backend('api', 1)]))])
    await kept.until(() => portsOf('source', 'api') !== null)
    await manager.stop()
    expect(portsOf('source', 'api')).toEqual([1])
  })
})
