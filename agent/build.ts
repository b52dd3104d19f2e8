import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'

/** Node strips no types below `node_modules`: what is installed is one plain file for the command, and one for the library. */
const HERE = import.meta.dirname
const OUT = join(HERE, 'dist')

async function bundle(input: string, file: string, banner = ''): Promise<void> {
  await build({
    input: join(HERE, input),
    platform: 'node',
    // Loaded where a database is to be logged in to, and it is installed.
    external: ['mongodb'],
    output: { file: join(OUT, file), format: 'esm', banner, codeSplitting: false },
    logLevel: 'warn',
  })
}

await rm(OUT, { recursive: true, force: true })
await bundle('command/main.ts', 'cloudlunacy-agent.mjs', '#!/usr/bin/env node')
await bundle('index.ts', 'index.mjs')
