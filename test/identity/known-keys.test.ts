import { expect, it } from 'vitest'
import { storeKey } from '../../shared/identity/agent-key.ts'
import type { FewAtOnce } from '../../shared/identity/few-at-once.ts'
import { keyedHash } from '../../shared/identity/keyed-hash.ts'
import { rememberingKeys } from '../../shared/identity/known-keys.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

async function checker() {
  let stretched = 0
  const fewAtOnce: FewAtOnce = (work) => {
    stretched += 1
    return work()
  }
  const clock = { nowMs: 0 }
  const checking = { hash: await keyedHash('a secret key'), fewAtOnce }
  const check = rememberingKeys(checking, () => clock.nowMs)
  return { check, clock, stretched: () => stretched, store: (key: string) => storeKey(key, { ...checking, random }) }
}

it('stretches a chosen key that was right once a minute', async () => {
  const { check, clock, stretched, store } = await checker()
  const stored = await store('a-chosen-key')
  const before = stretched()
  for (let i = 0; i < 10; i++) expect(await check('a-chosen-key', stored)).toBe(true)
  expect(stretched() - before).toBe(1)
  clock.nowMs += 60_000
  expect(await check('a-chosen-key', stored)).toBe(true)
  expect(stretched() - before).toBe(2)
})

it('remembers no wrong key, and no key for another record', async () => {
  const { check, stretched, store } = await checker()
  const [stored, other] = [await store('a-chosen-key'), await store('another-key')]
  await check('a-chosen-key', stored)
  const before = stretched()
  expect(await check('another-key', stored)).toBe(false)
  expect(await check('another-key', stored)).toBe(false)
  expect(await check('a-chosen-key', other)).toBe(false)
  expect(await check('a-chosen-key', null)).toBe(false)
  expect(stretched() - before).toBe(4)
})
