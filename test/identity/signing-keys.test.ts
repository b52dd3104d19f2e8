import fc from 'fast-check'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { createSigningKeys } from '../../shared/identity/signing-keys.ts'
import { testVault } from '../support/vault.ts'
import { AUDIENCE, fronts, ISSUER, START_MS, SUBJECT, TTL_SECONDS } from './fronts.ts'

const DAY_SECONDS = 24 * 3_600
const UNAUTHORIZED = { code: 'UNAUTHORIZED' }

const kidOf = (token: string) => decodeProtectedHeader(token).kid
const kids = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => kid).sort()

it('is made once, however many fronts start at the same moment', async () => {
  for (let round = 0; round < 20; round++) {
    const { all, kv } = await fronts(10)
    const tokens = await Promise.all(all.flatMap(({ issueToken }) => [issueToken(SUBJECT), issueToken(SUBJECT)]))
    expect(new Set(tokens.map(kidOf)).size).toBe(1)
    expect((await kv.list('jwt-keys/')).entries).toHaveLength(1)
    for (const { verifyToken } of all) await Promise.all(tokens.map((token) => verifyToken(token)))
  }
})

it('the store does not give the private key away, and a record in another’s place does not open', async () => {
  const { all, kv } = await fronts()
  const { current } = all[0]?.keys ?? expect.fail()
  const { privateKey, publicJwk } = await current()
  expect(privateKey.extractable).toBe(false)
  expect(Object.keys(publicJwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  const [entry] = (await kv.list<{ sealed: string }>('jwt-keys/')).entries
  expect(Object.keys(entry?.value ?? {}).sort()).toEqual(['madeAtMs', 'sealed', 'signsFromMs'])
  expect(atob(entry?.value.sealed ?? '')).not.toMatch(/"d"|P-256/)
  await kv.commit([], [{ key: `jwt-keys/${'A'.repeat(43)}`, value: entry?.value ?? null }])
  const options = { kv, now: () => START_MS, tokenTtlSeconds: TTL_SECONDS }
  await expect(createSigningKeys({ ...options, vault: await testVault() }).jwks()).rejects.toThrow()
  await expect(createSigningKeys({ ...options, vault: await testVault('another') }).jwks()).rejects.toThrow()
})

it('others verify our tokens with the public set', async () => {
  const { all } = await fronts()
  const { issueToken, keys } = all[0] ?? expect.fail()
  const token = await issueToken(SUBJECT)
  const set = JSON.parse(JSON.stringify(await keys.jwks()))
  const options = { issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(START_MS) }
  const { payload } = await jwtVerify(token, createLocalJWKSet(set), options)
  expect(payload.sub).toBe('shop')
  expect(JSON.stringify(set)).not.toContain('"d"')
})

it('finds at once a key that another front just made', async () => {
  const { all, pass } = await fronts(2)
  const [one, two] = all
  expect(kids((await two?.keys.jwks()) ?? expect.fail())).toEqual([])
  pass(1)
  const tokens = await Promise.all(Array.from({ length: 5 }, () => one?.issueToken(SUBJECT) ?? ''))
  const verified = await Promise.all(tokens.map((token) => two?.verifyToken(token)))
  expect(verified).toMatchObject(tokens.map(() => SUBJECT))
})

it('a flood of bogus kids reads the store once a second', async () => {
  const { all, counts, pass } = await fronts()
  const { issueToken, verifyToken, keys } = all[0] ?? expect.fail()
  const token = await issueToken(SUBJECT)
  const bogus = (i: number) => keys.find(String(i).padStart(43, '0'))
  const { lists } = counts
  for (let second = 0; second < 3; second++) {
    pass(1)
    const found = await Promise.all(Array.from({ length: 1_000 }, (_, i) => bogus(i)))
    expect(found.every((key) => key === null)).toBe(true)
    await verifyToken(token)
  }
  expect(counts.lists - lists).toBe(3)
})

it('verifying reads the store once a minute', async () => {
  const { all, counts, pass } = await fronts()
  const { issueToken, verifyToken } = all[0] ?? expect.fail()
  const token = await issueToken(SUBJECT)
  const { lists } = counts
  for (let second = 0; second < 600; second++) {
    await verifyToken(token)
    pass(1)
  }
  expect(counts.lists - lists).toBe(9)
})

it('a key that is deleted is refused everywhere within a minute', async () => {
  const { all, kv, pass } = await fronts(2)
  const token = (await all[0]?.issueToken(SUBJECT)) ?? ''
  await all[1]?.verifyToken(token)
  await kv.commit([], [{ key: `jwt-keys/${kidOf(token)}`, delete: true }])
  pass(60)
  for (const { verifyToken } of all) await expect(verifyToken(token)).rejects.toMatchObject(UNAUTHORIZED)
  expect(kidOf((await all[0]?.issueToken(SUBJECT)) ?? '')).not.toBe(kidOf(token))
})

it('rotates every 30 days: published, then signing, then the old one goes when its tokens have', async () => {
  const { all, pass } = await fronts()
  const { issueToken, verifyToken, keys } = all[0] ?? expect.fail()
  const old = kidOf(await issueToken(SUBJECT))
  const state = async () => {
    await keys.rotate()
    await keys.rotate()
    return { published: kids(await keys.jwks()).length, signsWithOld: kidOf(await issueToken(SUBJECT)) === old }
  }
  pass(30 * DAY_SECONDS - 1)
  expect(await state()).toEqual({ published: 1, signsWithOld: true })
  pass(1)
  expect(await state()).toEqual({ published: 2, signsWithOld: true })
  pass(299)
  const lastOfOld = await issueToken(SUBJECT)
  expect(await state()).toEqual({ published: 2, signsWithOld: true })
  pass(1)
  expect(await state()).toEqual({ published: 2, signsWithOld: false })
  pass(TTL_SECONDS)
  expect(await verifyToken(lastOfOld)).toMatchObject(SUBJECT)
  expect(await state()).toEqual({ published: 2, signsWithOld: false })
  pass(300)
  expect(await state()).toEqual({ published: 1, signsWithOld: false })
  await expect(verifyToken(lastOfOld)).rejects.toMatchObject(UNAUTHORIZED)
})

it('several fronts that rotate at the same moment make one key', async () => {
  const { all, kv, pass } = await fronts(10)
  await Promise.all(all.map(({ keys }) => keys.rotate()))
  expect((await kv.list('jwt-keys/')).entries).toHaveLength(1)
  pass(30 * DAY_SECONDS)
  await Promise.all(all.flatMap(({ keys }) => [keys.rotate(), keys.rotate()]))
  expect((await kv.list('jwt-keys/')).entries).toHaveLength(2)
  pass(5 * 60 + TTL_SECONDS + 5 * 60)
  await Promise.all(all.flatMap(({ keys }) => [keys.rotate(), keys.rotate()]))
  expect((await kv.list('jwt-keys/')).entries).toHaveLength(1)
})

it('every token holds everywhere until it expires, whatever the fronts do meanwhile', async () => {
  const step = fc.record({
    front: fc.nat(2),
    act: fc.constantFrom('issue', 'issue', 'rotate'),
    laterSeconds: fc.oneof(fc.nat(120), fc.nat(TTL_SECONDS), fc.nat(40 * DAY_SECONDS)),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const { all, kv, pass } = await fronts(3)
      let live: { token: string; secondsLeft: number }[] = []
      for (const { front, act, laterSeconds } of steps) {
        const token = act === 'issue' && (await all[front]?.issueToken(SUBJECT))
        if (token) live.push({ token, secondsLeft: TTL_SECONDS })
        if (act === 'rotate') await all[front]?.keys.rotate()
        for (const { verifyToken } of all) for (const each of live) await verifyToken(each.token)
        pass(laterSeconds)
        live = live.map((each) => ({ ...each, secondsLeft: each.secondsLeft - laterSeconds }))
        live = live.filter(({ secondsLeft }) => secondsLeft > 0)
      }
      expect((await kv.list('jwt-keys/')).entries.length).toBeLessThanOrEqual(3)
    }),
    { numRuns: 50 },
  )
})

it('signs by the key that another front made meanwhile, and looks for it once', async () => {
  const { all, counts } = await fronts(2)
  const [one, other] = all
  expect((await other?.keys.jwks())?.keys).toEqual([])
  const made = await one?.keys.current()
  // Whoever looked again and again would never let anybody else have a turn.
  counts.mostLists = counts.lists + 2
  expect((await other?.keys.current())?.kid).toBe(made?.kid)
})
