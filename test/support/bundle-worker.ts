import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The worker as it would be deployed. */
    workerBundle: string
  }
}

/** Once for all files: wrangler dev would bundle at each start, and again whenever a source is saved. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'worker-bundle-'))
  const { status, stderr } = spawnSync('wrangler', ['deploy', '--dry-run', '--outdir', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the worker cannot be bundled:\n${stderr}`)
  provide('workerBundle', join(folder, 'worker.js'))
  return () => rmSync(folder, { recursive: true, force: true })
}
