import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Started without what they need, they end at once. */
const PROGRAMS = ['functions/node.ts', 'haproxy/dataplane/main.ts']

/**
 * Once for all files: the tests start hundreds of fronts, and half of what a start computes is the compiling of its
 * modules. Node keeps what it has compiled when a process ends by itself, which those of the tests seldom do.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'))
  process.env.NODE_COMPILE_CACHE = folder
  for (const program of PROGRAMS) {
    spawnSync('node', [program], { env: { PATH: process.env.PATH, PORT: 'none', NODE_COMPILE_CACHE: folder } })
  }
  return () => rmSync(folder, { recursive: true, force: true })
}
