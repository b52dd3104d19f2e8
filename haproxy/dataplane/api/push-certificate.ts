import { basename, join } from 'node:path'
import type { Context } from './context.ts'
import { pemLines } from './pem.ts'

/** Into the worker, where it is loaded under one of its spellings; true: it serves it from now on. */
export async function push(
  { runtime, paths }: Pick<Context, 'runtime' | 'paths'>,
  file: string,
  pem: string,
): Promise<boolean> {
  for (const name of [file, join(basename(paths.certificates), basename(file))]) {
    const set = await runtime.command(`set ssl cert ${name} <<\n${pemLines(pem)}\n`)
    if (!/^Transaction (created|updated)/.test(set)) continue
    const committed = await runtime.command(`commit ssl cert ${name}`)
    if (/Success!/.test(committed)) return isUsed(await runtime.command(`show ssl cert ${name}`))
    await runtime.command(`abort ssl cert ${name}`)
  }
  return false
}

const isUsed = (shownCertificate: string) => !/^Status: Unused/m.test(shownCertificate)
