import { expect, it } from 'vitest'
import { checkKey, newAgentKey, storeKey } from '../../shared/identity/agent-key.ts'
import { fewAtOnce } from '../../shared/identity/few-at-once.ts'
import { keyedHash } from '../../shared/identity/keyed-hash.ts'
import { addressBlock } from '../../shared/lib/address-block.ts'
import { fronts, SUBJECT } from '../identity/fronts.ts'

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

it('keeps and checks keys of both kinds', async () => {
  const deps = { random, hash: await keyedHash('a secret key'), fewAtOnce: fewAtOnce() }
  for (const key of [newAgentKey(random), 'a chosen key']) {
    const stored = await storeKey(key, deps)
    expect(await checkKey(key, stored, deps)).toBe(true)
    expect(await checkKey(`${key}x`, stored, deps)).toBe(false)
    expect(await checkKey(key, null, deps)).toBe(false)
  }
})

it('issues, verifies and refuses tokens, and rotates their keys', async () => {
  const { all, pass } = await fronts(2)
  const [one, two] = all
  const token = (await one?.issueToken(SUBJECT)) ?? ''
  expect(await two?.verifyToken(token)).toMatchObject(SUBJECT)
  await expect(two?.verifyToken(`${token.slice(0, -10)}AAAAAAAAAA`)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  pass(30 * 24 * 3_600)
  await one?.keys.rotate()
  expect((await one?.keys.jwks())?.keys).toHaveLength(2)
})

it('knows addresses as Node does', () => {
  expect(addressBlock('2001:DB8:1:2::9')).toBe('2001:db8:1:2::/64')
  expect(addressBlock('::ffff:192.0.2.7')).toBe('192.0.2.7')
})
