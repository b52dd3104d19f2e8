import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { MapEntry } from '../../shared/dataplane/models.ts'
import { ApiError } from './api-error.ts'
import { writeDurably } from './durable-file.ts'
import type { Paths } from './paths.ts'
import type { Ask, Runtime } from './process/runtime.ts'

/** A map that the running configuration has loaded. */
export interface LoadedMap {
  id: string
  /** As the configuration spells it; HAProxy knows it by that. */
  spelling: string
  /** Its path. */
  file: string
  description: string
}

interface StoredEntry extends MapEntry {
  id: string
}

export interface RuntimeMaps {
  list(): Promise<LoadedMap[]>
  entries(name: string): Promise<StoredEntry[]>
  find(name: string, key: string): Promise<MapEntry | null>
  /** False: the key is there already. */
  add(name: string, entry: MapEntry): Promise<boolean>
  replace(name: string, entry: MapEntry): Promise<void>
  remove(name: string, key: string): Promise<void>
  append(name: string, entries: MapEntry[]): Promise<void>
  /** The whole content at once: at every moment a lookup finds the old or the new one. */
  replaceAll(name: string, entries: MapEntry[]): Promise<void>
  clear(name: string): Promise<void>
  /** Writes what is in memory to the file, when they differ. */
  sync(name: string): Promise<void>
}

/** HAProxy reads a command with its payload into a buffer of 16 kB. */
const CHUNK_BYTES = 12_000

export function createRuntimeMaps(runtime: Runtime, paths: Paths): RuntimeMaps {
  const spellings = new Map<string, string>()

  const list = async (): Promise<LoadedMap[]> => {
    const found = parseMapList(await runtime.command('show map'))
      .map((each) => ({ ...each, file: resolve(paths.folder, each.spelling) }))
      .filter(({ file }) => dirname(file) === paths.maps)
    spellings.clear()
    for (const { file, spelling } of found) spellings.set(basename(file), spelling)
    return found
  }
  /** Asks again which maps there are, when HAProxy does not know this one: a reload may have brought it. */
  const withMap = async (name: string, use: (map: string) => Promise<string>): Promise<string> => {
    const known = spellings.get(name)
    const answer = known === undefined ? UNKNOWN : await use(known)
    if (!answer.startsWith(UNKNOWN)) return answer
    await list()
    const spelling = spellings.get(name)
    if (spelling === undefined) throw new ApiError(404, `${join('maps', name)}: ${UNKNOWN}. It is not loaded`)
    return use(spelling)
  }
  const entries = async (name: string) => parseEntries(await withMap(name, (map) => runtime.command(`show map ${map}`)))

  return {
    list,
    entries,
    async find(name, key) {
      const answer = await withMap(name, (map) => runtime.command(`get map ${map} ${key}`))
      const found = parseFound(answer)
      if (found?.key === key) return found
      // A prefix may have matched instead of the key itself.
      return found ? ((await entries(name)).find((each) => each.key === key) ?? null) : null
    },
    async add(name, { key, value }) {
      let before = ''
      const answer = await withMap(name, async (map) => {
        const [found = '', added = ''] = await runtime.commands(
          `get map ${map} ${key}`,
          `add map ${map} ${key} ${value}`,
        )
        before = found
        return added
      })
      expectSilence(answer)
      if (parseFound(before)?.key === key) {
        await removeLast(runtime, spellings.get(name) ?? '', await entries(name), key)
        return false
      }
      await runtime.commandOldWorkers(`add map ${spellings.get(name)} ${key} ${value}`)
      return true
    },
    async replace(name, { key, value }) {
      const answer = await withMap(name, (map) => runtime.commandEverywhere(`set map ${map} ${key} ${value}`))
      if (/not found/i.test(answer)) throw new ApiError(404, `${key} not found`)
      expectSilence(answer)
    },
    async remove(name, key) {
      const answer = await withMap(name, (map) => runtime.commandEverywhere(`del map ${map} ${key}`))
      if (/not found/i.test(answer)) throw new ApiError(404, `${key}: Key not found.`)
      expectSilence(answer)
    },
    async append(name, all) {
      for (const chunk of chunks(all))
        expectSilence(await withMap(name, (map) => runtime.commandEverywhere(`add map ${map} <<\n${chunk}`)))
    },
    async replaceAll(name, all) {
      await withMap(name, (map) =>
        runtime.together(async ([current, ...old]) => {
          const answer = current ? await replaceIn(current, map, all) : ''
          // An old worker that has gone meanwhile needs no new entries.
          await Promise.allSettled(old.map((ask) => replaceIn(ask, map, all)))
          return answer
        }),
      )
    },
    async clear(name) {
      expectSilence(await withMap(name, (map) => runtime.commandEverywhere(`clear map ${map}`)))
    },
    async sync(name) {
      const lines = (await entries(name)).map(({ key, value }) => `${key} ${value}\n`)
      const content = lines.sort().join('')
      const path = join(paths.maps, name)
      if ((await readFile(path, 'utf8').catch(() => null)) !== content) await writeDurably(path, content)
    },
  }
}

const UNKNOWN = 'Unknown map identifier'

/** The name of a map's file; the ending may be left out. */
export function mapFileName(name: string): string {
  const file = name.endsWith('.map') ? name : `${name}.map`
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(file) || file.length > 200)
    throw new ApiError(
      404,
      `${JSON.stringify(name)} is no name of a map: letters, digits, dots, dashes and underscores`,
    )
  return file
}

const parseMapList = (text: string): Omit<LoadedMap, 'file'>[] =>
  [...text.matchAll(/^(-?\d+) \((.+?)\) (pattern .*)$/gm)].map(([, id = '', spelling = '', description = '']) => ({
    id,
    spelling,
    description,
  }))

function parseEntries(text: string): StoredEntry[] {
  const found: StoredEntry[] = []
  for (const line of text.split('\n')) {
    const first = line.indexOf(' ')
    const second = line.indexOf(' ', first + 1)
    if (first < 0 || !line.startsWith('0x')) continue
    const [key, value] =
      second < 0 ? [line.slice(first + 1), ''] : [line.slice(first + 1, second), line.slice(second + 1)]
    found.push({ id: line.slice(0, first), key, value })
  }
  return found
}

/** Null when nothing matched. */
function parseFound(text: string): MapEntry | null {
  const found = /found=yes, .*?key="(.*?)", value="(.*)", type="/s.exec(text)
  return found ? { key: found[1] ?? '', value: found[2] ?? '' } : null
}

function* chunks(entries: MapEntry[]): Generator<string> {
  let lines = ''
  for (const { key, value } of entries) {
    const line = `${key} ${value}\n`
    if (lines !== '' && lines.length + line.length > CHUNK_BYTES) {
      yield lines
      lines = ''
    }
    lines += line
  }
  if (lines !== '') yield lines
}

async function replaceIn(ask: Ask, map: string, entries: MapEntry[]): Promise<string> {
  const prepared = await ask(`prepare map ${map}`)
  const version = /New version created: (\d+)/.exec(prepared)?.[1]
  if (version === undefined) return prepared
  for (const chunk of chunks(entries)) expectSilence(await ask(`add map @${version} ${map} <<\n${chunk}`))
  expectSilence(await ask(`commit map @${version} ${map}`))
  return ''
}

/** The key was there before: what was added behind it goes again; until then the first one counted. */
async function removeLast(runtime: Runtime, map: string, entries: StoredEntry[], key: string): Promise<void> {
  const added = entries.findLast((each) => each.key === key)
  if (added) await runtime.command(`del map ${map} #${added.id}`)
}

function expectSilence(answer: string): void {
  if (answer === '') return
  throw new ApiError(answer.startsWith(UNKNOWN) ? 404 : 400, `HAProxy refuses: ${answer.split('\n')[0]}`)
}
