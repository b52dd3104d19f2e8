import { expect, it, onTestFinished } from 'vitest'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { type Migration, migrate } from '../../shared/kv/schema.ts'
import { put } from './conformance.ts'

const renameHosts: Migration = async (kv) => {
  for (const { key, value, version } of (await kv.list('host/')).entries) {
    await kv.commit(
      [{ key, version }],
      [
        { key, delete: true },
        { key: key.replace('host/', 'hosts/'), value },
      ],
    )
  }
}
const raise: Migration = async (kv) => {
  for (const { key, value } of (await kv.list<number>('hosts/')).entries) await put(kv, key, value + 1)
}

/** As the first release left it. */
async function oldStore(): Promise<Kv> {
  const kv = memoryKv()
  onTestFinished(() => kv.close())
  await migrate(kv, [])
  await put(kv, 'host/a', 1)
  return kv
}

it('brings a store of any earlier release to this one’s schema, once', async () => {
  const kv = await oldStore()
  await migrate(kv, [renameHosts])
  await migrate(kv, [renameHosts, raise])
  await migrate(kv, [renameHosts, raise])
  expect((await kv.list('host')).entries.map(({ key, value }) => [key, value])).toEqual([['hosts/a', 2]])
})

it('goes on where it was cut off', async () => {
  const kv = await oldStore()
  const broken: Migration = async () => Promise.reject(new Error('killed'))
  await expect(migrate(kv, [renameHosts, broken])).rejects.toThrow('killed')
  await migrate(kv, [() => Promise.reject(new Error('a migration that is done')), raise])
  expect((await kv.get('hosts/a'))?.value).toBe(2)
})

it('migrates nothing in a new store', async () => {
  const kv = memoryKv()
  await migrate(kv, [() => Promise.reject(new Error('nothing to migrate'))])
  await migrate(kv, [() => Promise.reject(new Error('nothing to migrate'))])
})

it('refuses the store of a newer release', async () => {
  const kv = memoryKv()
  await migrate(kv, [renameHosts, raise])
  await expect(migrate(kv, [renameHosts])).rejects.toMatchObject({
    message: 'The store has schema 3 and this release knows 2: start the release that wrote it, or a newer one',
  })
})
