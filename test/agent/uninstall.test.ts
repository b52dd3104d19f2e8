import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { runAgent } from '../support/agent.ts'
import { newFolder } from '../support/folder.ts'

const OF_THE_AGENT = [
  'agent.yaml',
  'agent.key',
  'agent.key.0123456789ab',
  'state.json',
  'running.json',
  'certificates/ca.pem',
  'certificates/mongodb.pem',
  'logs/shop/app.log',
  'logs/shop/app.log.1',
]
const OF_OTHERS = [
  'agent.key.backup',
  'certificates/other.pem',
  'logs/app.log',
  'logs/shop/notes.txt',
  'logs/shop/app.log.gz',
  'shop/.env',
  'shop/agent.key',
  'state.json.md',
  'running.json.0123456789ab/notes.txt',
]

it.each([
  ['.', ''],
  ['state', 'state'],
])('what lies in "folder: %s" beside the agent’s own files stays', async (written, folder) => {
  const cwd = newFolder()
  const place = (file: string) => join(cwd, file === 'agent.yaml' ? '' : folder, file)
  for (const file of [...OF_THE_AGENT, ...OF_OTHERS]) {
    mkdirSync(dirname(place(file)), { recursive: true })
    writeFileSync(place(file), '')
  }
  const settings = { agent: 'vps-1', front: 'https://front.test', address: '192.0.2.1', folder: written }
  writeFileSync(join(cwd, 'agent.yaml'), JSON.stringify(settings))
  const ran = await runAgent(['uninstall', '--yes', '--keep-front'], { cwd })
  expect(ran).toMatchObject({ code: 0, errors: '', output: expect.stringContaining('holds other files') })
  const left = readdirSync(join(cwd, folder), { recursive: true, withFileTypes: true })
  const files = left.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  expect(files.sort()).toEqual(OF_OTHERS.map(place).sort())
})
