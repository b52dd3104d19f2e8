import { expect, it } from 'vitest'
import { accessTokens } from '../../shared/identity/access-tokens.ts'
import { ensureFirstToken } from '../../shared/identity/first-tokens.ts'
import { keyedHash } from '../../shared/identity/keyed-hash.ts'
import { memoryKv } from '../../shared/kv/memory.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

async function store() {
  const kv = memoryKv()
  const hash = await keyedHash('a secret key')
  const tokens = accessTokens({ kv, hash, now: Date.now, random })
  const ensure = (given?: string) => ensureFirstToken(kv, tokens, { kind: 'admin', given })
  return { kv, tokens, ensure }
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
  const { tokens, ensure } = await store()
  const made = (await ensure()) as string
  expect(await ensure('from-the-environment')).toBeNull()
  expect(await tokens.find(made, ['admin'])).toBeNull()
  expect(await tokens.find('from-the-environment', ['admin'])).not.toBeNull()
  expect(await ensure('from-the-environment')).toBeNull()
  expect((await tokens.list({ after: '', limit: 10 })).tokens).toHaveLength(1)
})

it('comes back from the environment when it was withdrawn', async () => {
  const { kv, tokens, ensure } = await store()
  await ensure('from-the-environment')
  const entry = await tokens.find('from-the-environment', ['admin'])
  await kv.commit([], [{ key: entry?.key ?? '', delete: true }])
  expect(await ensure('from-the-environment')).toBeNull()
  expect(await tokens.find('from-the-environment', ['admin'])).not.toBeNull()
})
