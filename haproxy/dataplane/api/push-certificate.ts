import { basename, join } from 'node:path'
import type { Context } from './context.ts'
import { pemLines } from './pem.ts'

type Loading = Pick<Context, 'runtime' | 'paths'>

/** Into the worker, where it is loaded under one of its spellings; true: it serves it from now on. */
export async function push({ runtime, paths }: Loading, file: string, pem: string): Promise<boolean> {
  const name = await change({ runtime, paths }, file, { ending: '', payload: pemLines(pem) })
  return name !== null && isUsed(await runtime.command(`show ssl cert ${name}`))
}

/** What is stapled to it, as base64; false: it is not loaded, or HAProxy refuses. */
export async function pushStaple(context: Loading, file: string, staple: string): Promise<boolean> {
  return (await change(context, file, { ending: '.ocsp', payload: staple })) !== null
}

/** The name under which the worker has loaded it; null: it has not, or does not take the change. */
async function change(
  { runtime, paths }: Loading,
  file: string,
  { ending, payload }: { ending: '' | '.ocsp'; payload: string },
): Promise<string | null> {
  for (const name of [file, join(basename(paths.certificates), basename(file))]) {
    // In one go, since HAProxy has one transaction for all who change a certificate.
    const set = `set ssl cert ${name}${ending} <<\n${payload}\n`
    const [begun = '', done = ''] = await runtime.commands(set, `commit ssl cert ${name}`)
    if (!/^Transaction (created|updated)/.test(begun)) continue
    if (/Success!/.test(done)) return name
    await runtime.command(`abort ssl cert ${name}`)
  }
  return null
}

const isUsed = (shownCertificate: string) => !/^Status: Unused/m.test(shownCertificate)
