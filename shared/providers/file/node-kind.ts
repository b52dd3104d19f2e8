import { resolve } from 'node:path'
import { z } from 'zod'
import { providerKind } from '../kind.ts'
import { createFileProvider } from './node-file-provider.ts'

export const fileKind = providerKind({
  options: z.strictObject({ path: z.string().min(1) }),
  open: ({ path }) => createFileProvider({ path: resolve(path) }),
})
