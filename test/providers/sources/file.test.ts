import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFileProvider } from '../../../shared/providers/file/node-file-provider.ts'
import { newFolder } from '../../support/folder.ts'
import { listenTo } from '../listen-to.ts'

const yaml = (...names: string[]) =>
  `backends:\n${names.map((name) => `  - name: ${name}\n    servers: []\n`).join('')}`
const namesIn = (state: ReadonlyMap<string, unknown>) => [...state.keys()].sort().join()

function watchNew(content: string | null = yaml('one'), name = 'backends.yaml') {
  const path = join(newFolder(), name)
  if (content !== null) writeFileSync(path, content)
  return { path, watched: listenTo(createFileProvider({ path })) }
}

test('tells what is in it, and what is written into it', async () => {
  const { path, watched } = watchNew()
  await watched.until(({ state }) => namesIn(state) === 'one')
  writeFileSync(path, yaml('one', 'two'))
  await watched.until(({ state }) => namesIn(state) === 'one,two')
  writeFileSync(path, yaml('two'))
  await watched.until(({ state }) => namesIn(state) === 'two')
  expect(watched.events.map(({ type }) => type)).toEqual(['ADD', 'ADD', 'DELETE'])
})

test('reads JSON too', async () => {
  const { watched } = watchNew(JSON.stringify({ backends: [{ name: 'one', servers: [] }] }), 'backends.json')
  await watched.until(({ state }) => namesIn(state) === 'one')
})

test('sees a file that takes its place, as editors do it', async () => {
  const { path, watched } = watchNew()
  await watched.until(({ state }) => state.has('one'))
  for (const name of ['two', 'three']) {
    writeFileSync(`${path}~`, yaml(name))
    renameSync(`${path}~`, path)
    await watched.until(({ state }) => namesIn(state) === name)
  }
})

test('sees a link that is changed anywhere on the way, as Kubernetes and deployments do it', async () => {
  const folder = newFolder()
  for (const version of ['v1', 'v2', 'v3']) {
    mkdirSync(join(folder, version))
    writeFileSync(join(folder, version, 'backends.yaml'), yaml(version))
  }
  symlinkSync('v1', join(folder, '..data'))
  symlinkSync(join('..data', 'backends.yaml'), join(folder, 'backends.yaml'))
  mkdirSync(join(folder, 'elsewhere'))
  symlinkSync(folder, join(folder, 'elsewhere', 'current'))
  const path = join(folder, 'elsewhere', 'current', 'backends.yaml')
  const watched = listenTo(createFileProvider({ path }))
  await watched.until(({ state }) => namesIn(state) === 'v1')
  symlinkSync('v2', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  await watched.until(({ state }) => namesIn(state) === 'v2')
  writeFileSync(join(folder, 'v2', 'backends.yaml'), yaml('v2', 'more'))
  await watched.until(({ state }) => state.has('more'))
  symlinkSync(join(folder, 'v3'), join(folder, 'elsewhere', 'next'))
  renameSync(join(folder, 'elsewhere', 'next'), join(folder, 'elsewhere', 'current'))
  await watched.until(({ state }) => namesIn(state) === 'v3')
})

test('a file that is deleted leaves its last state, and one that is made again is read', async () => {
  const { path, watched } = watchNew()
  await watched.until(({ state }) => state.has('one'))
  rmSync(path)
  await watched.until(({ problem }) => problem() === `There is no file ${path}`)
  expect(namesIn(watched.state)).toBe('one')
  writeFileSync(path, yaml('two'))
  await watched.until(({ state, problem }) => namesIn(state) === 'two' && problem() === null)
})

test('waits for a file and its folder that are not there yet', async () => {
  const folder = join(newFolder(), 'not', 'yet')
  const path = join(folder, 'backends.yaml')
  const watched = listenTo(createFileProvider({ path }))
  await watched.until(({ problem }) => problem() === `There is no file ${path}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, yaml('one'))
  await watched.until(({ state }) => state.has('one'))
})

test.each([
  ['half of it', '{"backends": [{"name": "on', 'is neither YAML nor JSON: line 1'],
  ['nothing', '', 'is empty'],
  ['something else', '{"servers": []}', 'has no list of backends'],
  ['a name twice in one object', '{"backends": [], "backends": []}', 'line 1: Map keys must be unique'],
])('keeps its last state at %s', async (_, content, problem) => {
  const { path, watched } = watchNew('{"backends": [{"name": "one", "servers": []}]}', 'backends.json')
  await watched.until(({ state }) => state.has('one'))
  writeFileSync(path, content)
  await watched.until((now) => now.problem()?.includes(problem) === true)
  expect(namesIn(watched.state)).toBe('one')
  writeFileSync(path, '{"backends": [{"name": "two", "servers": []}]}')
  await watched.until(({ state, problem }) => namesIn(state) === 'two' && problem() === null)
})

test.each<[string, (path: string) => void, string]>([
  ['a pipe', (path) => void execFileSync('mkfifo', [path]), 'a device, a pipe or a socket'],
  ['a device', (path) => symlinkSync('/dev/zero', path), 'a device, a pipe or a socket'],
  ['a folder', (path) => mkdirSync(path), 'is a folder'],
  ['a huge file', (path) => writeFileSync(path, ' '.repeat(11_000_000)), 'has more than'],
])('does not read %s, and goes on when a file takes its place', async (_, make, problem) => {
  const { path, watched } = watchNew(null)
  make(path)
  await watched.until((now) => now.problem()?.includes(problem) === true)
  rmSync(path, { recursive: true })
  writeFileSync(path, yaml('one'))
  await watched.until(({ state }) => namesIn(state) === 'one')
})

test('removes nothing while a file is still being written', async () => {
  const { path, watched } = watchNew(yaml('one', 'two', 'three'))
  await watched.until(({ state }) => state.size === 3)
  const whole = yaml('one', 'two', 'three', 'four')
  const middle = whole.indexOf('  - name: two')
  writeFileSync(path, whole.slice(0, middle))
  await new Promise((resolve) => setTimeout(resolve, 15))
  appendFileSync(path, whole.slice(middle))
  await watched.until(({ state }) => state.has('four'))
  expect(watched.events.map(({ type }) => type)).toEqual(['ADD', 'ADD', 'ADD', 'ADD'])
})

test('says where the YAML is wrong', async () => {
  const { path, watched } = watchNew()
  await watched.until(({ state }) => state.has('one'))
  writeFileSync(path, 'backends:\n  - name: one\n  servers: [\n')
  await watched.until(({ problem }) => problem()?.startsWith(`${path} is neither YAML nor JSON: line 3`) === true)
})
