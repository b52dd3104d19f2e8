import { expect, it } from 'vitest'
import { ensureFirstToken, type FirstToken } from '../../shared/identity/first-tokens.ts'
import { keyedHash } from '../../shared/identity/keyed-hash.ts'
import { memoryKv } from '../../shared/kv/memory.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

async function store() {
  const kv = memoryKv()
  const hash = await keyedHash('a secret key')
  const ensure = (given?: string, overrides: Partial<FirstToken> = {}) =>
    ensureFirstToken(kv, hash, { kind: 'admin', given, random, ...overrides })
  return { kv, ensure }
}

it('is made once, and kept as a hash', async () => {
  const { kv, ensure } = await store()
  const token = await ensure()
  expect(token).toMatch(/^admin-[0-9a-f]{48}$/)
  expect(await ensure()).toBeNull()
  expect(JSON.stringify(await kv.list(''))).not.toContain(token)
})

it('is made by one of several fronts that start together', async () => {
  const { ensure } = await store()
  const made = await Promise.all(Array.from({ length: 20 }, () => ensure()))
  expect(made.filter((token) => token !== null)).toHaveLength(1)
})

it('gives way to one that is set', async () => {
  const { kv, ensure } = await store()
  await ensure()
  const before = await kv.get('tokens/admin')
  expect(await ensure('from-the-environment')).toBeNull()
  const after = await kv.get('tokens/admin')
  expect(after).not.toEqual(before)
  expect(await ensure('from-the-environment')).toBeNull()
  expect(await kv.get('tokens/admin')).toEqual(after)
})
