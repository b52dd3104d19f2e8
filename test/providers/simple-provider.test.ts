import { expect, it } from 'vitest'
import { createSimpleProvider } from '../../shared/providers/simple-provider.ts'
import { providerConformance } from './conformance.ts'
import { listenTo } from './listen-to.ts'

providerConformance('simple', async () => {
  const provider = createSimpleProvider()
  return {
    provider,
    put: async (backend) => void provider.update(backend),
    remove: async (name) => void provider.remove(name),
  }
})

it('tells of each call', async () => {
  const provider = createSimpleProvider([{ name: 'first', servers: [] }])
  const heard = listenTo(provider)
  await heard.until(() => heard.state.size === 1)
  await provider.add({ name: 'second', servers: [] })
  await provider.update({ name: 'second', servers: [], default: true })
  await provider.remove('first')
  await provider.remove('nobody')
  expect(heard.events).toEqual([
    { type: 'ADD', backend: { name: 'first', servers: [] } },
    { type: 'ADD', backend: { name: 'second', servers: [] } },
    { type: 'UPDATE', backend: { name: 'second', servers: [], default: true } },
    { type: 'DELETE', name: 'first' },
  ])
})

it('refuses two of one name', () => {
  const twice = { name: 'api', servers: [] }
  expect(() => createSimpleProvider([twice, twice])).toThrow('The source names the backend "api" twice')
})
