import { describe, expect, it } from 'vitest'
import { Backend, type BackendInput } from '../../shared/domain/backend.ts'
import type { BackendProvider } from '../../shared/providers/provider.ts'
import { listenTo } from './listen-to.ts'

/** A source that the test can change, and a provider that watches it. */
export interface ProviderCase {
  provider: BackendProvider
  /** Into the source; what has this name is replaced. */
  put(backend: BackendInput): Promise<void>
  remove(name: string): Promise<void>
  /** From now on the source cannot be asked, until it is mended. Left out where that cannot happen. */
  breakSource?(): Promise<void>
  mendSource?(): Promise<void>
}

/** What every provider promises. `open` makes a source with nothing in it, and its provider. */
export function providerConformance(name: string, open: () => Promise<ProviderCase>): void {
  /** One that has answered once. */
  const listening = async () => {
    const subject = await open()
    const heard = listenTo(subject.provider)
    await heard.until(() => heard.successes() > 0)
    return { ...subject, heard }
  }
  const meant = (backends: Iterable<BackendInput>) =>
    [...backends].map((each) => Backend.parse(each)).sort((a, b) => (a.name < b.name ? -1 : 1))

  describe(`provider: ${name}`, () => {
    it('tells what is there when it starts', async () => {
      const { provider, put } = await open()
      await put(backend('api', 1))
      await put(backend('web', 2))
      const heard = listenTo(provider)
      await heard.until(() => heard.state.size === 2 && heard.successes() > 0)
      expect(meant(heard.state.values())).toEqual(meant([backend('api', 1), backend('web', 2)]))
      expect(heard.events.filter(({ type }) => type === 'DELETE')).toEqual([])
    })

    it('says that an empty source has answered', async () => {
      const { provider, heard } = await listening()
      expect(heard.events).toEqual([])
      expect(await provider.getBackends()).toEqual([])
    })

    it('tells what is added, changed and removed', async () => {
      const { put, remove, heard } = await listening()
      await put(backend('api', 1))
      await heard.until(() => heard.state.has('api'))
      await put(backend('api', 2))
      await heard.until(() => heard.state.get('api')?.servers.length === 2)
      await remove('api')
      await heard.until(() => !heard.state.has('api'))
      expect(heard.events.map(({ type }) => type)).toEqual(['ADD', 'UPDATE', 'DELETE'])
    })

    it('tells what is left out of the one beside it', async () => {
      const { put, remove, heard } = await listening()
      await put(backend('api', 1))
      await put(backend('web', 1))
      await heard.until(() => heard.state.size === 2)
      await remove('api')
      await heard.until(() => heard.state.size === 1)
      expect([...heard.state.keys()]).toEqual(['web'])
    })

    it('says all that there is, and one of them', async () => {
      const { provider, put, heard } = await listening()
      await put(backend('api', 1))
      await put(backend('web', 3))
      await heard.until(() => heard.state.size === 2)
      expect(meant(await provider.getBackends())).toEqual(meant([backend('api', 1), backend('web', 3)]))
      expect(meant([(await provider.getBackend('web')) as BackendInput])).toEqual(meant([backend('web', 3)]))
      expect(await provider.getBackend('nobody')).toBeNull()
    })

    it('waits until an event is taken before it tells the next', async () => {
      const { put, heard } = await listening()
      const letGo = heard.hold()
      for (const each of ['a', 'b', 'c']) await put(backend(each, 1))
      await heard.until(() => heard.waiting() > 0)
      expect(heard.waiting()).toBe(1)
      letGo()
      await heard.until(() => heard.state.size === 3)
    })

    it('ends when it is told to, and says nothing afterwards', async () => {
      const { put, heard } = await listening()
      await heard.end()
      const before = heard.events.length
      await put(backend('api', 1)).catch(() => undefined)
      expect(heard.events).toHaveLength(before)
    })

    it('can be stopped before it was started, and twice', async () => {
      const { provider } = await open()
      await provider.stop()
      await provider.stop()
    })

    it('ends where the channel holds it', async () => {
      const { put, heard } = await listening()
      const letGo = heard.hold()
      await put(backend('api', 1))
      await heard.until(() => heard.waiting() > 0)
      const ended = heard.end()
      letGo()
      await ended
    })

    it('comes to the last state of many changes', async () => {
      const { put, remove, heard } = await listening()
      for (let round = 1; round <= 5; round++) {
        for (const each of ['a', 'b', 'c', 'd']) await put(backend(each, round))
        await remove(['a', 'b', 'c', 'd'][round % 4] ?? 'a')
      }
      await put(backend('last', 1))
      await heard.until(() => heard.state.has('last'))
      const wanted = ['a', 'c', 'd'].map((each) => backend(each, 5))
      await heard.until(
        () => JSON.stringify(meant(heard.state.values())) === JSON.stringify(meant([...wanted, backend('last', 1)])),
      )
    })

    it('removes nothing while its source cannot be asked, and goes on when it can', async ({ skip }) => {
      const { provider, put, breakSource, mendSource, heard } = await listening()
      if (!breakSource || !mendSource) return skip('its source cannot break')
      await put(backend('api', 1))
      await heard.until(() => heard.state.has('api'))
      await breakSource()
      await heard.until(() => heard.failures.length > 0)
      const told = await provider.getBackends().catch(() => null)
      if (told !== null) expect(meant(told)).toEqual(meant([backend('api', 1)]))
      expect([...heard.state.keys()]).toEqual(['api'])
      const before = heard.successes()
      await mendSource()
      await put(backend('web', 1))
      await heard.until(() => heard.state.has('web') && heard.successes() > before)
      expect(heard.events.filter(({ type }) => type === 'DELETE')).toEqual([])
    })
  })
}

/** With so many servers. */
function backend(name: string, servers: number): BackendInput {
  return {
    name,
    hosts: [`${name}.example.com`],
    servers: Array.from({ length: servers }, (_, i) => ({
      name: `srv${i + 1}`,
      address: '127.0.0.1',
      port: 9_001 + i,
    })),
  }
}
