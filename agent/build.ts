import { execFileSync } from 'node:child_process'
import { glob, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'rolldown'

const HERE = import.meta.dirname

/**
 * Node strips no types below `node_modules`: what is installed is one plain file for the command, and one for the library.
 * Beside the command lies the database driver, twice as large, so that it takes no memory where there is no database.
 */
export async function buildAgent(folder: string): Promise<void> {
  await bundle('command/main.ts', folder, 'cloudlunacy-agent')
  await bundle('index.ts', folder, 'index')
}

async function bundle(input: string, dir: string, name: string): Promise<void> {
  await build({
    input: { [name]: join(HERE, input) },
    platform: 'node',
    plugins: name === 'index' ? [] : [slim],
    output: {
      dir,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name].mjs',
      banner: ({ isEntry }) => (isEntry && name !== 'index' ? '#!/usr/bin/env node' : ''),
    },
    logLevel: 'warn',
  })
}

/** What takes less memory while it runs. */
const slim: Plugin = {
  name: 'slim',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle))
      if (chunk.type === 'chunk') chunk.code = inAscii(withoutImports(chunk.code))
  },
}

/** V8 keeps the text: two bytes for each character of it, where there is one that is not Latin. */
const inAscii = (code: string): string =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Where a module of Node's is imported, all that it exports is made: with `node:http` that is `WebSocket`, 13 MB. */
const withoutImports = (code: string): string =>
  code.replace(
    /^import \{ (.*) \} from "(node:.*)";$/gm,
    (_, names: string, module: string) =>
      `const { ${names.replaceAll(' as ', ': ')} } = process.getBuiltinModule("${module}");`,
  )

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
