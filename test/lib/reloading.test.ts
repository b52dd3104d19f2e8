import { expect, it } from 'vitest'
import { reloading } from '../../shared/lib/reloading.ts'

/** Loads end when the test says so, or at once. */
function controlled(atOnce = true) {
  const loads: PromiseWithResolvers<number>[] = []
  let nowMs = 0
  const load = () => {
    const one = Promise.withResolvers<number>()
    if (atOnce) one.resolve(loads.length)
    loads.push(one)
    return one.promise
  }
  const value = reloading(load, { now: () => nowMs, maxAgeMs: 60_000, minAgeMs: 1_000 })
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { value, loads, pass }
}

it.each([
  ['at once', 0, 0, 0],
  ['a little later', 999, 0, 0],
  ['a second later', 1_000, 0, 1],
  ['just before it is too old', 59_999, 0, 1],
  ['when it is too old', 60_000, 1, 1],
  ['when the clock was set back by an hour', -3_600_000, 1, 1],
])('loads again when it must: %s', async (_, laterMs, expected, expectedNewer) => {
  for (const [call, result] of [
    ['get', expected],
    ['getNewer', expectedNewer],
  ] as const) {
    const { value, pass } = controlled()
    expect(await value.get()).toBe(0)
    pass(laterMs)
    expect(await value[call]()).toBe(result)
  }
})

it('one load serves all who wait', async () => {
  const { value, loads } = controlled(false)
  const waiting = [value.get(), value.getNewer(), value.get()]
  expect(loads).toHaveLength(1)
  loads[0]?.resolve(7)
  expect(await Promise.all(waiting)).toEqual([7, 7, 7])
})

it('a load that never ends holds up nobody who comes a second later', async () => {
  const { value, loads, pass } = controlled(false)
  void value.get()
  pass(1_000)
  const later = value.get()
  loads[1]?.resolve(8)
  expect(await later).toBe(8)
})

it('keeps what it had while loads fail, and tries again when that is too old', async () => {
  const { value, loads, pass } = controlled(false)
  const first = value.get()
  loads[0]?.resolve(1)
  await first
  for (let i = 1; i <= 3; i++) {
    pass(60_000)
    const failing = value.get()
    loads[i]?.reject(new Error('the store is away'))
    expect(await failing).toBe(1)
  }
  pass(60_000)
  const last = value.get()
  loads[4]?.resolve(2)
  expect(await last).toBe(2)
})

it('says so when it has nothing, and tries again with the next call', async () => {
  const { value, loads } = controlled(false)
  const failing = value.get()
  loads[0]?.reject(new Error('the store is away'))
  await expect(failing).rejects.toThrow('the store is away')
  const next = value.get()
  loads[1]?.resolve(1)
  expect(await next).toBe(1)
})

it('loads anew what it was told to forget', async () => {
  const { value } = controlled()
  await value.get()
  value.forget()
  expect(await value.get()).toBe(1)
})
