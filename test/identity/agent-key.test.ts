import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkKey, decoyKey, newAgentKey, type StoredKey, storeKey } from '../../shared/identity/agent-key.ts'
import { fewAtOnce } from '../../shared/identity/few-at-once.ts'
import { type KeyedHash, keyedHash } from '../../shared/identity/keyed-hash.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** Counts what costs time. */
async function checking(secretKey = 'a secret key') {
  const counts = { hashes: 0, slow: 0 }
  const hash = await keyedHash(secretKey)
  const counted: KeyedHash = (purpose, text) => {
    counts.hashes += 1
    return hash(purpose, text)
  }
  const inTurn = fewAtOnce({ waiting: 1_000 })
  const deps = {
    random,
    hash: counted,
    fewAtOnce: <T>(work: () => Promise<T>) => {
      counts.slow += 1
      return inTurn(work)
    },
  }
  const costOf = async (work: () => Promise<unknown>) => {
    Object.assign(counts, { hashes: 0, slow: 0 })
    await work()
    return { ...counts }
  }
  return { deps, costOf }
}

it('makes keys of 256 bits in their own format', () => {
  expect(newAgentKey(random)).toMatch(/^clk_[\w-]{43}$/)
  expect(newAgentKey(random)).not.toBe(newAgentKey(random))
})

it.each([
  ['of its own format', newAgentKey(random), 'random'],
  ['that a person chose', 'correct horse battery staple', 'chosen'],
  ['one character short of the format', newAgentKey(random).slice(0, -1), 'chosen'],
  ['one character longer than the format', `${newAgentKey(random)}a`, 'chosen'],
  ['of the format, and a newline', `${newAgentKey(random)}\n`, 'chosen'],
  ['beyond ASCII', 'zażółć 日本語 🦊', 'chosen'],
])('keeps a key %s and knows it again', async (_, key, kind) => {
  const { deps } = await checking()
  const stored = await storeKey(key, deps)
  expect(stored.kind).toBe(kind)
  expect(JSON.stringify(stored)).not.toContain(key)
  expect(await checkKey(key, JSON.parse(JSON.stringify(stored)), deps)).toBe(true)
  expect(await checkKey(`${key}x`, stored, deps)).toBe(false)
  expect(await checkKey(newAgentKey(random), stored, deps)).toBe(false)
  expect(await checkKey('', stored, deps)).toBe(false)
})

it('no other key fits', async () => {
  const { deps } = await checking()
  const stored = await storeKey(newAgentKey(random), deps)
  const another = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => newAgentKey(() => new Uint8Array(bytes)))
  await fc.assert(fc.asyncProperty(another, async (key) => !(await checkKey(key, stored, deps))))
})

it('a chosen key is kept differently each time', async () => {
  const { deps } = await checking()
  const [one, two] = [await storeKey('the same key', deps), await storeKey('the same key', deps)]
  expect(one.hash).not.toBe(two.hash)
})

it('a stolen store cannot be tried without SECRET_KEY', async () => {
  const mine = (await checking()).deps
  const thief = (await checking('a guess at the secret key')).deps
  for (const key of [newAgentKey(random), 'hunter2']) {
    expect(await checkKey(key, await storeKey(key, mine), thief)).toBe(false)
  }
})

it('costs the same for every agent, known or not: the presented key alone decides', async () => {
  const { deps, costOf } = await checking()
  const stored: (StoredKey | null)[] = [
    null,
    await storeKey(newAgentKey(random), deps),
    await storeKey('a chosen key', deps),
  ]
  for (const each of stored) {
    expect(await costOf(() => checkKey(newAgentKey(random), each, deps))).toEqual({ hashes: 1, slow: 0 })
    expect(await costOf(() => checkKey('another chosen key', each, deps))).toEqual({ hashes: 1, slow: 1 })
  }
})

it('a key never fits the decoy, not even where its hash does', async () => {
  const { deps } = await checking()
  for (const key of [newAgentKey(random), 'a chosen key']) {
    const fitting = { ...deps, hash: async () => decoyKey(key).hash }
    expect(await checkKey(key, null, fitting)).toBe(false)
    expect(await checkKey(key, decoyKey(key), fitting)).toBe(true)
  }
})
