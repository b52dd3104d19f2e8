import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { newFolder } from './support/folder.ts'

const FORBIDDEN = [
  ['shared/a.ts', '../functions/app.ts'],
  ['shared/gateway/b.ts', '../../functions/app.ts'],
  ['shared/kv/c.ts', '../../haproxy/dataplane/server.ts'],
  ['shared/kv/d.ts', '../../agent/client.ts'],
  ['shared/kv/e.ts', '../../test/harness.ts'],
  ['shared/kv/f.ts', 'node:fs'],
  ['shared/kv/node-g.ts', '../../functions/app.ts'],
  ['functions/h.ts', '../haproxy/dataplane/server.ts'],
  ['functions/i.ts', 'node:fs'],
  ['functions/worker/j.ts', 'node:fs'],
  ['functions/node/k.ts', '../../test/harness.ts'],
  ['haproxy/dataplane/l.ts', '../../functions/app.ts'],
  ['agent/m.ts', '../shared/kv/kv.ts'],
  ['agent/n.ts', '../shared/errors.ts'],
  ['agent/o.ts', '../functions/app.ts'],
] as const

const ALLOWED = [
  ['shared/kv/aa.ts', '../errors.ts'],
  ['shared/kv/node-bb.ts', 'node:sqlite'],
  ['functions/cc.ts', '../shared/kv/kv.ts'],
  ['functions/node.ts', '../haproxy/dataplane/server.ts'],
  ['functions/node/dd.ts', 'node:fs'],
  ['haproxy/dataplane/ee.ts', '../../shared/errors.ts'],
  ['agent/ff.ts', '../shared/domain/route.ts'],
  ['agent/gg.ts', '../shared/lib/sleep.ts'],
  ['agent/hh.ts', '../shared/log/log.ts'],
  ['agent/ii.ts', '../shared/pki/der.ts'],
  ['agent/jj.ts', 'node:fs'],
] as const

it('the linter goes red for each import in a forbidden direction, and for no other', () => {
  const folder = newFolder()
  cpSync('biome.json', join(folder, 'biome.json'))
  for (const [path, imported] of [...FORBIDDEN, ...ALLOWED]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `export { something } from '${imported}'\n`)
  }
  const { stdout } = spawnSync('biome', ['lint', '--vcs-enabled=false', '--reporter=json', '.'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const refused = (JSON.parse(stdout).diagnostics as { category: string; location: { path: string } }[])
    .filter(({ category }) => category === 'lint/style/noRestrictedImports')
    .map(({ location }) => location.path)
  expect(refused.sort()).toEqual(FORBIDDEN.map(([path]) => path).sort())
})
