import { expect, it } from 'vitest'
import { fewAtOnce } from '../../shared/identity/few-at-once.ts'

/** Work that is done when the test says so. */
function controlled() {
  const started: PromiseWithResolvers<string>[] = []
  const work = () => {
    const one = Promise.withResolvers<string>()
    started.push(one)
    return one.promise
  }
  return { started, work }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('does two at a time, lets three wait in order, and refuses the sixth with the time to come back', async () => {
  const { started, work } = controlled()
  const inTurn = fewAtOnce({ atOnce: 2, waiting: 3 })
  const answers = Array.from({ length: 5 }, () => inTurn(work))
  await expect(inTurn(work)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', headers: { 'retry-after': '1' } })
  for (let i = 0; i < 5; i++) {
    await settled()
    expect(started).toHaveLength(Math.min(i + 2, 5))
    started[i]?.resolve(`answer ${i}`)
  }
  expect(await Promise.all(answers)).toEqual([0, 1, 2, 3, 4].map((i) => `answer ${i}`))
})

it('goes on after work that failed', async () => {
  const inTurn = fewAtOnce({ atOnce: 1, waiting: 1 })
  const failing = inTurn(() => Promise.reject(new Error('broken')))
  const waiting = inTurn(async () => 'done')
  await expect(failing).rejects.toThrow('broken')
  expect(await waiting).toBe('done')
  expect(await inTurn(async () => 'again')).toBe('again')
})

it('never does more at a time than it may, also while turns are handed over', async () => {
  const inTurn = fewAtOnce({ atOnce: 2, waiting: 1_000 })
  let running = 0
  let most = 0
  const work = async () => {
    most = Math.max(most, ++running)
    await settled()
    running -= 1
  }
  const all: Promise<void>[] = []
  for (let i = 0; i < 40; i++) {
    all.push(inTurn(work), inTurn(work), inTurn(work))
    await settled()
  }
  await Promise.all(all)
  expect(most).toBe(2)
})
