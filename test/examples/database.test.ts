import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { table } from '../../examples/database/table-provider.ts'
import { createLog } from '../../shared/log/log.ts'
import { providerConformance } from '../providers/conformance.ts'
import { newFolder } from '../support/folder.ts'
import { freePorts } from '../support/ports.ts'

const FILE = 'examples/database/table-provider.ts'
const log = createLog({ write: () => undefined })

providerConformance('the table of the documentation', async () => {
  const path = join(newFolder(), 'servers.db')
  const database = new DatabaseSync(path)
  database.exec(readFileSync('examples/database/schema.sql', 'utf8'))
  const provider = table.open({ path, intervalMs: 10 } as never, { name: 'database', log })
  const inOne = (work: () => void) => {
    database.exec('BEGIN IMMEDIATE')
    work()
    database.exec('COMMIT')
  }
  const remove = (name: string) => {
    database.prepare('DELETE FROM servers WHERE backend = ?').run(name)
    database.prepare('DELETE FROM backends WHERE name = ?').run(name)
  }
  const insert = 'INSERT INTO servers (backend, name, ip, port) VALUES (?, ?, ?, ?)'
  return {
    provider,
    put: async ({ name, hosts = [], servers }) =>
      inOne(() => {
        remove(name)
        database.prepare('INSERT INTO backends VALUES (?, ?)').run(name, hosts[0] ?? '')
        for (const each of servers) database.prepare(insert).run(name, each.name, each.address, each.port)
      }),
    remove: async (name) => inOne(() => remove(name)),
    breakSource: async () => database.exec('ALTER TABLE servers RENAME TO away'),
    mendSource: async () => database.exec('ALTER TABLE away RENAME TO servers'),
  }
})

it('is what the documentation shows, in fewer than forty lines', () => {
  const code = readFileSync(FILE, 'utf8')
  expect(readFileSync('docs/providers.md', 'utf8')).toContain(`\`\`\`ts\n${code}\`\`\``)
  expect(code.split('\n').length - 1).toBeLessThan(40)
})

it('brings traffic to a server that is inserted, without a reload', async () => {
  const [api, http, https, mongo, stats] = await freePorts(5)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['examples/database/main.ts'], {
    env: {
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      ...{
        PORT: `${api}`,
        HTTP_PORT: `${http}`,
        HTTPS_PORT: `${https}`,
        MONGO_PORT: `${mongo}`,
        STATS_PORT: `${stats}`,
      },
    },
  })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^srv3 was served \d+ ms after its record was there, polled every 200 ms, with 0 reloads\n$/)
})
