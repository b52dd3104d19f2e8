import { describe, expect, it } from 'vitest'
import type { MapEntry } from '../../shared/dataplane/models.ts'
import { configure, failure, loadedMap, type Site, sorted } from './site.ts'

const FIRST = { key: 'first.test', value: 'http|127.0.0.1|1||' }

export function mapConformance(site: () => Site): void {
  describe('a map that is loaded', () => {
    it('takes an entry at once, whether it is there or not', async () => {
      const { dataPlane } = site()
      const { name, lookUp } = await loadedMap(site())
      await dataPlane.setMapEntry(name, { key: 'a.test', value: 'http|127.0.0.1|2||' }, { isNew: true })
      expect(await lookUp('a.test')).toBe('http|127.0.0.1|2||')
      for (const isNew of [true, false]) {
        await dataPlane.setMapEntry(name, { key: 'a.test', value: `http|127.0.0.1|3||${isNew}` }, { isNew })
        expect(await lookUp('a.test')).toBe(`http|127.0.0.1|3||${isNew}`)
        await dataPlane.setMapEntry(name, { key: `${isNew}.test`, value: 'http|127.0.0.1|4||' }, { isNew })
        expect(await lookUp(`${isNew}.test`)).toBe('http|127.0.0.1|4||')
      }
      expect((await sorted(dataPlane, name)).map(({ key }) => key)).toEqual(
        ['a.test', 'false.test', 'first.test', 'true.test'].sort(),
      )
    })

    it('gives an entry up at once, and does not mind when it was not there', async () => {
      const { dataPlane } = site()
      const { name, lookUp } = await loadedMap(site())
      for (let times = 0; times < 2; times++) await dataPlane.deleteMapEntry(name, FIRST.key)
      expect(await lookUp(FIRST.key)).toBe('none')
      expect(await dataPlane.mapEntries(name)).toEqual([])
    })

    it.each(['host.test/path/', 'zürich.test', 'a?b+c', 'x|y', 'a:b@c', '[::1]', "a'b"])(
      'keeps %s as it is, as key and as value',
      async (text) => {
        const { dataPlane } = site()
        const { name } = await loadedMap(site())
        for (const value of [text, `${text}2`]) {
          await dataPlane.setMapEntry(name, { key: text, value })
          expect(await sorted(dataPlane, name)).toEqual([FIRST, { key: text, value }].sort(byKey))
        }
        await dataPlane.deleteMapEntry(name, text)
        expect(await dataPlane.mapEntries(name)).toEqual([FIRST])
      },
    )

    it.each(['a,b', 'a=b', '*.test', 'a&b', '<a>', '{a}', '$a', '#a', 'a%2Fb', '<'])(
      'keeps %s as it is, as value',
      async (value) => {
        const { dataPlane } = site()
        const { name, lookUp } = await loadedMap(site())
        await dataPlane.setMapEntry(name, { key: 'a.test', value })
        await dataPlane.appendMapEntries(name, [{ key: 'b.test', value }])
        for (const key of ['a.test', 'b.test']) expect(await lookUp(key)).toBe(value)
      },
    )

    it('takes many entries in few calls', async () => {
      const { dataPlane } = site()
      const { name, lookUp } = await loadedMap(site())
      const many = entries(500)
      await dataPlane.appendMapEntries(name, many)
      await dataPlane.appendMapEntries(name, [])
      expect(await sorted(dataPlane, name)).toEqual([FIRST, ...many])
      expect(await lookUp(many.at(-1)?.key ?? '')).toBe(many.at(-1)?.value)
    })

    it('is replaced by a few entries, by many, and by none', async () => {
      const { dataPlane } = site()
      const { name } = await loadedMap(site())
      for (const count of [3, 1_000, 20, 2_000, 5, 0]) {
        const wanted = entries(count).map(({ key, value }) => ({ key, value: `${value}${count}` }))
        await dataPlane.replaceMap(name, wanted)
        expect(await sorted(dataPlane, name)).toEqual(wanted)
      }
    })

    it('is replaced by exactly what was given, whatever the size of its last entries', async () => {
      const { dataPlane } = site()
      const { name } = await loadedMap(site())
      for (const extra of [-61, -60, -2, -1, 0, 1, 2, 59, 60, 61, 119, 120, 121]) {
        const wanted = entriesOfBytes(8_192 + extra)
        await dataPlane.replaceMap(name, wanted)
        expect(await sorted(dataPlane, name), `${8_192 + extra} bytes`).toEqual(wanted)
      }
    })

    it('has its file apart: a reload brings back what the file says', async () => {
      const { dataPlane } = site()
      const { name, lookUp } = await loadedMap(site())
      await dataPlane.setMapEntry(name, { key: 'memory.test', value: 'http|127.0.0.1|2||' })
      await dataPlane.storeMap(name, 'file.test http|127.0.0.1|3||\n')
      expect(await lookUp('memory.test')).toBe('http|127.0.0.1|2||')
      expect(await lookUp('file.test')).toBe('none')
      expect(await dataPlane.storedMap(name)).toBe('file.test http|127.0.0.1|3||\n')

      const { version, text } = await dataPlane.raw()
      await dataPlane.pushRaw(text, { version, reload: 'now' })
      expect(await dataPlane.mapEntries(name)).toEqual([{ key: 'file.test', value: 'http|127.0.0.1|3||' }])
    })
  })

  describe('a map that is not loaded', () => {
    it('has no entries and takes none', async () => {
      const { dataPlane } = site()
      await configure(site())
      const stored = await dataPlane.storeMap('stored-only.map', 'a.test b\n')
      expect(stored).toMatchObject({
        storage_name: 'stored-only.map',
        file: expect.stringMatching(/^\/.*\/stored-only\.map$/),
      })
      for (const name of ['stored-only.map', 'nothing.map']) {
        await failure(dataPlane.mapEntries(name), 'missing')
        for (const isNew of [true, false]) await failure(dataPlane.setMapEntry(name, FIRST, { isNew }), 'missing')
        await failure(dataPlane.deleteMapEntry(name, 'a.test'), 'missing')
        await failure(dataPlane.appendMapEntries(name, [FIRST]), 'missing')
        await failure(dataPlane.replaceMap(name, entries(1_000)), 'missing')
      }
    })

    it('is stored, also empty, and listed', async () => {
      const { dataPlane } = site()
      await configure(site())
      const name = `s${crypto.randomUUID().slice(0, 8)}.map`
      expect(await dataPlane.storedMap(name)).toBeNull()
      for (const content of ['', 'a.test b\n', '']) {
        await dataPlane.storeMap(name, content)
        expect((await dataPlane.storedMap(name))?.replace(/^#.*\n/gm, '')).toBe(content)
      }
      expect((await dataPlane.storedMaps()).map(({ storage_name }) => storage_name)).toContain(name)
    })
  })
}

function byKey(a: MapEntry, b: MapEntry): number {
  return a.key < b.key ? -1 : 1
}

function entries(count: number): MapEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `host-${String(i).padStart(6, '0')}.apps.test`,
    value: `http|127.0.0.1|${1024 + i}||`,
  }))
}

/** Lines of 60 bytes each, and a last one that fills up the rest. */
function entriesOfBytes(bytes: number): MapEntry[] {
  const entry = (index: number, size: number) => {
    const key = `k${String(index).padStart(5, '0')}`
    return { key, value: 'v'.repeat(size - key.length - 2) }
  }
  const count = Math.floor(bytes / 60) - 1
  return Array.from({ length: count + 1 }, (_, i) => entry(i, i < count ? 60 : bytes - count * 60))
}
