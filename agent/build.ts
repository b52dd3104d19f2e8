import { rm } from 'node:fs/promises'
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
    // Loaded where a database is to be logged in to, and it is installed.
    external: ['mongodb'],
    output: { file, format: 'esm', banner, codeSplitting: false },
    logLevel: 'warn',
  })
}

if (process.argv[1] === import.meta.filename) {
  const dist = join(HERE, 'dist')
  await rm(dist, { recursive: true, force: true })
  await buildAgent(dist)
}
