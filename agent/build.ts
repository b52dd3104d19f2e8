import { execFileSync } from 'node:child_process'
import { glob, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'

const HERE = import.meta.dirname

/** Node strips no types below `node_modules`: what is installed is one plain file for the command, and one for the library. */
export async function buildAgent(folder: string): Promise<void> {
  await bundle('command/main.ts', join(folder, 'cloudlunacy-agent.mjs'), '#!/usr/bin/env node')
  await bundle('index.ts', join(folder, 'index.mjs'))
}

async function bundle(input: string, file: string, banner = ''): Promise<void> {
  await build({
    input: join(HERE, input),
    platform: 'node',
    output: { file, format: 'esm', banner, codeSplitting: false },
    logLevel: 'warn',
  })
}

/** The types of the library, from the sources that it is made of. */
async function declare(folder: string): Promise<void> {
  const root = join(HERE, '..')
  const options = ['--project', join(HERE, 'tsconfig.types.json'), '--outDir', folder]
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), options, { cwd: root, stdio: 'inherit' })
  // Declarations keep the names of the sources, which are not packed.
  for await (const file of glob(join(folder, '**/*.d.ts'))) {
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace(/(from '\.[^']+)\.ts'/g, "$1.js'"))
  }
}

if (process.argv[1] === import.meta.filename) {
  const dist = join(HERE, 'dist')
  await rm(dist, { recursive: true, force: true })
  await buildAgent(dist)
  await declare(join(dist, 'types'))
}
