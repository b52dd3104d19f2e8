import { describe, expect, it } from 'vitest'
import type { BackendInput } from '../../shared/domain/backend.ts'
import { createPollingProvider } from '../../shared/providers/polling-provider.ts'
import { SourceError } from '../../shared/providers/source-error.ts'
import { providerConformance } from './conformance.ts'
import { listenTo } from './listen-to.ts'

const API: BackendInput = { name: 'api', servers: [{ name: 'srv1', address: '127.0.0.1', port: 8_001 }] }
const WEB: BackendInput = { name: 'web', servers: [] }

providerConformance('polling', async () => {
  const source = new Map<string, BackendInput>()
  let broken = false
  const provider = createPollingProvider({
    async fetch() {
      if (broken) throw new Error('the database is away')
      return [...source.values()]
    },
    intervalMs: 5,
    longestPauseMs: 20,
  })
  return {
    provider,
    put: async (backend) => void source.set(backend.name, backend),
    remove: async (name) => void source.delete(name),
    breakSource: async () => {
      broken = true
    },
    mendSource: async () => {
      broken = false
    },
  }
})

/** Answers one after the other; the last one from then on. */
const answering = (...answers: (readonly BackendInput[] | null | Error)[]) => {
  let polls = 0
  const fetch = async () => {
    const answer = answers[Math.min(polls++, answers.length - 1)] ?? null
    if (answer instanceof Error) throw answer
    return answer
  }
  return { fetch, polls: () => polls }
}

describe('polling', () => {
  it('knows nothing before its source has answered', async () => {
    const provider = createPollingProvider({ fetch: async () => [], intervalMs: 5 })
    await expect(provider.getBackends()).rejects.toThrow('The source has not answered yet')
    await expect(provider.getBackend('api')).rejects.toThrow('The source has not answered yet')
  })

  it('takes “nothing has changed” for what it knows', async () => {
    const { fetch, polls } = answering([API], null, null)
    const heard = listenTo(createPollingProvider({ fetch, intervalMs: 1 }))
    await heard.until(() => heard.successes() > 3)
    expect(polls()).toBeGreaterThan(3)
    expect(heard.events).toEqual([{ type: 'ADD', backend: API }])
  })

  it('does not take the order of fields for a change', async () => {
    const turned = { servers: API.servers, name: 'api' }
    const heard = listenTo(createPollingProvider({ ...answering([API], [turned]), intervalMs: 1 }))
    await heard.until(() => heard.successes() > 2)
    expect(heard.events).toHaveLength(1)
  })

  it.each([
    ['a name twice', [API, API], 'The source names the backend "api" twice'],
    ['no name', [API, { servers: [] } as unknown as BackendInput], 'The backend at place 2 has no name'],
    ['no list', { api: API } as unknown as BackendInput[], 'The source must answer with a list of backends'],
    ['nothing new at first', null, 'The source says that nothing has changed, at the first time'],
  ])('believes nothing of an answer with %s', async (_, answer, sentence) => {
    const heard = listenTo(createPollingProvider({ ...answering(answer), intervalMs: 1 }))
    await heard.until(() => heard.failures.length > 0)
    expect(heard.failures[0]).toEqual(new Error(sentence))
    expect(heard.events).toEqual([])
  })

  it('keeps what it knew through a bad answer', async () => {
    const answers = answering([API, WEB], new Error('away'), [WEB, WEB], [WEB])
    const provider = createPollingProvider({ ...answers, intervalMs: 1 })
    const heard = listenTo(provider)
    await heard.until(() => heard.failures.length === 2)
    expect(await provider.getBackends()).toEqual([API, WEB])
    await heard.until(() => heard.state.size === 1)
    expect(heard.events.map(({ type }) => type)).toEqual(['ADD', 'ADD', 'DELETE'])
  })

  it('gives up a poll that never ends, and tells the source so', async () => {
    let aborted = 0
    const fetch = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => aborted++)
      return new Promise<never>(() => undefined)
    }
    const heard = listenTo(createPollingProvider({ fetch, intervalMs: 1, timeoutMs: 5 }))
    await heard.until(() => heard.failures.length === 2)
    expect(heard.failures[0]).toEqual(new Error('The source has not answered within 5 ms'))
    expect(aborted).toBeGreaterThanOrEqual(2)
  })

  it('waits longer after each failure, up to a bound', async () => {
    const pauses: (number | undefined)[] = []
    const ending = new AbortController()
    const provider = createPollingProvider({ ...answering(new Error('away')), intervalMs: 2, longestPauseMs: 10 })
    await provider.start(async () => undefined, {
      signal: ending.signal,
      succeeded: () => undefined,
      failed(_, againInMs) {
        if (pauses.push(againInMs) === 5) ending.abort()
      },
    })
    expect(pauses).toEqual([2, 4, 8, 10, 10])
  })

  it('comes again when a source that fails has said so, be it sooner or later', async () => {
    const pauses: (number | undefined)[] = []
    const ending = new AbortController()
    const asking = (retryAfterMs: number | null) => new SourceError('busy', { retryAfterMs })
    const source = answering(asking(null), asking(null), asking(3), asking(0), asking(20), asking(null))
    const provider = createPollingProvider({ ...source, intervalMs: 2, longestPauseMs: 10 })
    await provider.start(async () => undefined, {
      signal: ending.signal,
      succeeded: () => undefined,
      failed(_, againInMs) {
        if (pauses.push(againInMs) === 6) ending.abort()
      },
    })
    expect(pauses).toEqual([2, 4, 3, 2, 20, 8])
  })

  it('tells all of it again when it is started again', async () => {
    const provider = createPollingProvider({ fetch: async () => [API], intervalMs: 1 })
    const first = listenTo(provider)
    await first.until(() => first.state.size === 1)
    await first.end()
    const second = listenTo(provider)
    await second.until(() => second.state.size === 1)
  })
})
