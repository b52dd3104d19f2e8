import { expect, it } from 'vitest'
import { allOfThem } from '../../shared/lib/all-of-them.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

it('does so many at a time, and gives the results in the items’ order', async () => {
  let [running, most] = [0, 0]
  const results = await allOfThem([3, 1, 2, 0], 2, async (turns) => {
    most = Math.max(most, ++running)
    for (let i = 0; i < turns; i++) await turn()
    running -= 1
    return turns
  })
  expect(results).toEqual([3, 1, 2, 0])
  expect(most).toBe(2)
})

it('after a failure begins nothing more, and has ended when it says so', async () => {
  const [begun, ended]: [number[], number[]] = [[], []]
  const all = allOfThem([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item)
    if (item === 0) throw new Error('the first one')
    await turn()
    ended.push(item)
  })
  await expect(all).rejects.toThrow('the first one')
  expect(ended).toEqual([1])
  await turn()
  expect(begun).toEqual([0, 1])
})
