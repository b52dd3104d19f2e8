import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Deps } from '../deps.ts'

const require = createRequire(import.meta.url)

export const docsAsset: Deps['docsAsset'] = async (name) => readFile(require.resolve(`swagger-ui-dist/${name}`))
