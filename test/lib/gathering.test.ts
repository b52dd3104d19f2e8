import { expect, it } from 'vitest'
import { createGathering } from '../../shared/lib/gathering.ts'

it('does together what comes while others are at it', async () => {
  const groups: number[][] = []
  const gather = createGathering<number>(async (items) => void groups.push(items))
  await Promise.all([gather([1]), gather([2]), gather([3])])
  expect(groups).toEqual([[1], [2, 3]])
})

it('does what comes at the very moment at which the last of it ends', async () => {
  for (let turns = 0; turns < 10; turns++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done: number[] = []
    const gather = createGathering<number>(async (items) => {
      await promise
      done.push(...items)
    })
    const first = gather([1])
    const late = (async () => {
      await promise
      for (let i = 0; i < turns; i++) await undefined
      await gather([2])
    })()
    resolve()
    await Promise.all([first, late])
    expect(done).toEqual([1, 2])
  }
})

it('does what waits behind a failure, too', async () => {
  const done: number[] = []
  const gather = createGathering<number>(async ([item = 0]) => {
    if (item === 1) throw new Error('the first one')
    done.push(item)
  })
  const all = await Promise.allSettled([gather([1]), gather([2])])
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(done).toEqual([2])
})
