import fc from 'fast-check'
import { expect, it } from 'vitest'
import { newsIn } from '../../haproxy/dataplane/process/ring-news.ts'

const line = (n: number) => `{"n":"${n}","path":"/${n}"}`

it('reads each line once, and counts all others, however often the ring is asked', () => {
  const steps = fc.array(fc.record({ more: fc.nat(30), dropped: fc.nat(3), room: fc.integer({ min: 2, max: 40 }) }))
  fc.assert(
    fc.property(steps, (all) => {
      const [ring, read] = [[] as string[], [] as number[]]
      let [n, mark, missed] = [0, '', 0]
      for (const { more, dropped, room } of all) {
        if (dropped > 0) ring.push(`${dropped} event${dropped > 1 ? 's' : ''} dropped`)
        n += dropped
        // HAProxy says so together with the next line.
        for (let i = 0; i <= more; i++) ring.push(line(++n))
        ring.splice(0, ring.length - room)
        const news = newsIn(ring.join('\n'), mark)
        // What was pushed out before the first look is not known.
        missed += mark === '' ? n - news.lines.length : news.missed
        mark = news.mark
        read.push(...news.lines.map((each) => Number(JSON.parse(each).n)))
      }
      expect(read).toEqual([...new Set(read)].sort((a, b) => a - b))
      expect(read.length + missed).toBe(n)
    }),
  )
})

it('counts what HAProxy says that it dropped, and what was pushed out', () => {
  const first = newsIn(`${line(1)}\n${line(2)}`, '')
  expect(first).toEqual({ lines: [line(1), line(2)], missed: 0, mark: line(2) })
  const second = newsIn(`${line(2)}\n17 events dropped\n${line(20)}\n1 event dropped\n${line(22)}`, first.mark)
  expect(second).toEqual({ lines: [line(20), line(22)], missed: 18, mark: line(22) })
  expect(newsIn(`${line(20)}\n${line(22)}\nProxy x stopped`, second.mark)).toMatchObject({ lines: ['Proxy x stopped'] })
  expect(newsIn(`${line(33)}\n${line(34)}`, second.mark)).toMatchObject({ lines: [line(33), line(34)], missed: 10 })
})
